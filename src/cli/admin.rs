//! `admin`: who signs in to the back office. A password is read from standard input, or made up and printed once; never an argument, which
//! other users of the machine would see.

use std::io::{BufRead, IsTerminal};

use actix_web::rt::System;
use clap::{Args, Subcommand};

use super::args::Whose;
use super::out::Out;
use super::product::follow;
use super::{CliError, store};
use crate::features::admins::edits::{self, EditError};
use crate::features::admins::passwords::{self, Passwords};
use crate::features::admins::username::Username;
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;

/// The role that may do everything.
const SUPER_ADMIN: &str = "super_admin";
/// Name of the administrator that the demo shop gets.
const DEMO_ADMIN: &str = "admin";

/// Of `admin`. A change commits at once; a running server of the same database knows it a moment later.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Add an administrator with a role
    Create(CreateAdmin),
    /// Show all administrators with their roles
    List,
    /// Set somebody's password; all sessions of theirs end
    Password(SetPassword),
    /// Let somebody log in again
    Enable(NamedAdmin),
    /// Let somebody log in no more; all sessions of theirs end
    Disable(NamedAdmin),
    /// Roles: show them, give them, take them away
    #[command(subcommand)]
    Role(RoleCommand),
}

/// Of `admin role`.
#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// Show all roles
    List,
    /// Give somebody a role
    Grant(AdminRole),
    /// Take a role away from somebody
    Revoke(AdminRole),
}

/// An administrator to add.
#[derive(Debug, Args)]
pub struct CreateAdmin {
    /// The name to log in with, 1 to 50 characters without blanks; kept in lower case
    #[arg(long, value_parser = username)]
    pub username: Username,
    /// Code of the role, as `mallcore admin role list` shows it
    #[arg(long)]
    pub role: String,
    /// Read the password from the first line of standard input; otherwise one is made up and printed once
    #[arg(long)]
    pub password_stdin: bool,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// A password to set.
#[derive(Debug, Args)]
pub struct SetPassword {
    /// The administrator's name
    #[arg(value_parser = username)]
    pub username: Username,
    /// Read the password from the first line of standard input; otherwise one is made up and printed once
    #[arg(long)]
    pub password_stdin: bool,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// An administrator who is there.
#[derive(Debug, Args)]
pub struct NamedAdmin {
    /// The administrator's name
    #[arg(value_parser = username)]
    pub username: Username,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// An administrator and a role.
#[derive(Debug, Args)]
pub struct AdminRole {
    /// The administrator's name
    #[arg(value_parser = username)]
    pub username: Username,
    /// Code of the role
    pub role: String,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

fn username(text: &str) -> Result<Username, String> {
    Username::parse(text).ok_or_else(|| "a name has 1 to 50 characters, and no blanks".to_owned())
}

fn refused(error: EditError) -> CliError {
    match error {
        EditError::Database(_) | EditError::Outbox(_) => CliError::failed("the administrators cannot be changed", error),
        refusal => CliError::Argument(refusal.to_string()),
    }
}

/// Carries the command out.
pub fn run(config: &Config, command: &AdminCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = carry_out(config, &database, command, out).await;
        database.close().await;
        done
    })
}

async fn carry_out(config: &Config, database: &Database, command: &AdminCommand, out: &mut Out) -> Result<(), CliError> {
    let now = store::now();
    let (row, whose) = match command {
        AdminCommand::List => return list(database, out).await,
        AdminCommand::Role(RoleCommand::List) => return list_roles(database, out).await,
        AdminCommand::Create(args) => {
            let password = Password::of(args.password_stdin, &args.username)?;
            let hash = password.hash(config).await?;
            let (id, row) = edits::create(database, &args.username, &hash, &args.role, now).await.map_err(refused)?;
            out.line(format_args!("administrator {id} {} with the role {}", args.username.as_str(), args.role));
            password.tell(out);
            (row, &args.whose)
        }
        AdminCommand::Password(args) => {
            let password = Password::of(args.password_stdin, &args.username)?;
            let hash = password.hash(config).await?;
            let row = edits::set_password(database, &args.username, &hash, now).await.map_err(refused)?;
            password.tell(out);
            (row, &args.whose)
        }
        AdminCommand::Enable(args) => (edits::set_status(database, &args.username, true, now).await.map_err(refused)?, &args.whose),
        AdminCommand::Disable(args) => (edits::set_status(database, &args.username, false, now).await.map_err(refused)?, &args.whose),
        AdminCommand::Role(RoleCommand::Grant(args)) => {
            (edits::set_role(database, &args.username, &args.role, true, now).await.map_err(refused)?, &args.whose)
        }
        AdminCommand::Role(RoleCommand::Revoke(args)) => {
            (edits::set_role(database, &args.username, &args.role, false, now).await.map_err(refused)?, &args.whose)
        }
    };
    follow(database, Some(row), whose, out).await
}

/// A password that is on its way to its hash.
struct Password {
    text: String,
    is_made_up: bool,
}

impl Password {
    fn of(from_stdin: bool, username: &Username) -> Result<Self, CliError> {
        let text = if from_stdin { read()? } else { made_up(username) };
        passwords::check(&text, username.as_str()).map_err(|weak| CliError::Argument(weak.to_string()))?;
        Ok(Self { text, is_made_up: !from_stdin })
    }

    async fn hash(&self, config: &Config) -> Result<String, CliError> {
        let hash = Passwords::new(config.admins.password_cost).hash(self.text.clone()).await;
        hash.map_err(|cause| CliError::failed("the password cannot be hashed", cause))
    }

    fn tell(&self, out: &mut Out) {
        if self.is_made_up {
            out.line(format_args!("password {} (shown once)", self.text));
        }
    }
}

/// Short names are part of many texts, so it may take more than one.
fn made_up(username: &Username) -> String {
    let mut random = rand::rng();
    loop {
        let text = passwords::made_up(&mut random);
        // A name of one letter is in nearly all of them: a made-up password is safe whatever it contains.
        if username.as_str().len() < 4 || passwords::check(&text, username.as_str()).is_ok() {
            return text;
        }
    }
}

fn read() -> Result<String, CliError> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(CliError::Argument("--password-stdin reads no terminal, which would show the password: pipe it in".to_owned()));
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).map_err(|cause| CliError::failed("the password cannot be read from standard input", cause))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

async fn list(database: &Database, out: &mut Out) -> Result<(), CliError> {
    let admins = edits::list(database).await.map_err(|cause| CliError::failed("the administrators cannot be read", cause))?;
    for admin in &admins {
        let (status, roles) = (if admin.is_on { "on" } else { "off" }, admin.roles.join(", "));
        let last = admin.last_login_time.map_or_else(|| "never".to_owned(), |at| Rfc3339(at).to_string());
        out.line(format_args!("{} {status}, roles {roles}, last log-in {last}", admin.username));
    }
    if admins.is_empty() {
        out.line(format_args!(
            "there is no administrator: `mallcore admin create --username admin --role {SUPER_ADMIN}` makes the first one"
        ));
    }
    Ok(())
}

async fn list_roles(database: &Database, out: &mut Out) -> Result<(), CliError> {
    let roles = edits::roles(database).await.map_err(|cause| CliError::failed("the roles cannot be read", cause))?;
    for role in roles {
        out.line(format_args!("{} {}: {} permissions", role.code, role.name, role.permissions));
    }
    Ok(())
}

/// Gives a demo shop without administrators its first one, whose password is made up and printed once.
pub async fn for_the_demo(config: &Config, database: &Database, out: &mut Out) -> Result<(), CliError> {
    let unread = |cause| CliError::failed("the administrators cannot be read", cause);
    let Some(username) = Username::parse(DEMO_ADMIN).filter(|_| config.mode.allows_demo()) else { return Ok(()) };
    if !edits::is_without(database).await.map_err(unread)? {
        return Ok(());
    }
    let password = Password { text: made_up(&username), is_made_up: true };
    let hash = password.hash(config).await?;
    edits::create(database, &username, &hash, SUPER_ADMIN, store::now()).await.map_err(refused)?;
    out.line(format_args!("后台管理员 / administrator {DEMO_ADMIN}"));
    password.tell(out);
    Ok(())
}
