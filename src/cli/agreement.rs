//! `agreement`: puts texts into force that shoppers accept.

use std::io::Read;
use std::path::PathBuf;

use actix_web::rt::System;
use clap::{Args, Subcommand};

use super::out::Out;
use super::{CliError, store};
use crate::features::accounts::agreements;
use crate::platform::config::Config;
use crate::platform::rfc3339::Rfc3339;

/// Longest text: what a TEXT column of MySQL holds, with room to spare.
const CONTENT_BYTES_MAX: u64 = 60_000;
const TITLE_CHARACTERS_MAX: usize = 100;

/// Commands of `mallcore agreement`.
#[derive(Debug, Subcommand)]
pub enum AgreementCommand {
    /// Put the next version of a text into force; whoever accepted an earlier one is asked again
    Publish(PublishAgreement),
    /// Show the texts in force
    List,
}

/// A text that goes into force at once.
#[derive(Debug, Args)]
pub struct PublishAgreement {
    /// Which, such as terms or privacy: 1 to 32 of the characters a-z, 0-9 and _
    #[arg(value_parser = agreement_kind)]
    pub kind: String,
    /// Its title, 1 to 100 characters
    #[arg(long)]
    pub title: String,
    /// File with the text, UTF-8, at most 60 kB
    #[arg(long)]
    pub file: PathBuf,
}

fn agreement_kind(text: &str) -> Result<String, String> {
    let is_plain =
        (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain { Ok(text.to_owned()) } else { Err("has to be 1 to 32 of the characters a-z, 0-9 and _".to_owned()) }
}

/// Carries the command out.
pub fn run(config: &Config, command: &AgreementCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let failed = |cause| CliError::failed("the agreements cannot be read or changed", cause);
        let done = match command {
            AgreementCommand::List => agreements::in_force(&database).await.map_err(failed).map(|texts| {
                for text in texts {
                    out.line(format_args!(
                        "{} version {} since {}: {}",
                        text.kind,
                        text.version,
                        Rfc3339::from(text.published_at),
                        text.title
                    ));
                }
            }),
            AgreementCommand::Publish(args) => {
                let (title, content) = text(args)?;
                let published = agreements::publish(&database, &args.kind, &title, &content, store::now()).await.map_err(failed);
                published.map(|version| out.line(format_args!("{} version {version} is in force", args.kind)))
            }
        };
        database.close().await;
        done
    })
}

fn text(args: &PublishAgreement) -> Result<(String, String), CliError> {
    let title = args.title.trim().to_owned();
    if !(1..=TITLE_CHARACTERS_MAX).contains(&title.chars().count()) {
        return Err(CliError::Argument(format!("--title has to have 1 to {TITLE_CHARACTERS_MAX} characters")));
    }
    let failed = |cause| CliError::failed(format!("the file {} cannot be read as UTF-8 text", args.file.display()), cause);
    let mut content = String::new();
    let file = std::fs::File::open(&args.file).map_err(failed)?;
    file.take(CONTENT_BYTES_MAX + 1).read_to_string(&mut content).map_err(failed)?;
    if content.trim().is_empty() || content.len() as u64 > CONTENT_BYTES_MAX {
        return Err(CliError::Argument(format!("the text has to have 1 to {CONTENT_BYTES_MAX} bytes")));
    }
    Ok((title, content))
}
