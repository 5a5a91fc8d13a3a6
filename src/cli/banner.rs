//! `banner`: the services of the banners' edits, for people at a terminal.

use actix_web::rt::System;
use mallcore_actors::values::text::Text;

use super::banner_args::{AddBanner, BannerCommand, LinkBanner, SetBannerStatus, Switch};
use super::out::Out;
use super::product::{follow, operator, refused};
use super::{CliError, store};
use crate::features::banners::link::{Link, LinkHosts};
use crate::features::banners::model::Banner;
use crate::features::banners::{edits, repository};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;

/// Banners that are listed.
const LISTED_MAX: u32 = 1_000;

/// Carries the command out.
pub fn run(config: &Config, command: &BannerCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match command {
            BannerCommand::Add(args) => add(config, &database, args, out).await,
            BannerCommand::List => list(&database, out).await,
            BannerCommand::Show { banner } => match repository::one(&database, *banner).await {
                Ok(Some(banner)) => {
                    show(&banner, out);
                    out.line(format_args!("  chosen products: {:?}", banner.chosen));
                    Ok(())
                }
                Ok(None) => Err(CliError::Argument(format!("there is no banner {banner}"))),
                Err(cause) => Err(CliError::failed("the banner cannot be read", cause)),
            },
            BannerCommand::SetStatus(args) => set_status(&database, args, out).await,
            BannerCommand::Link(args) => link(&database, args, out).await,
        };
        database.close().await;
        done
    })
}

async fn add(config: &Config, database: &Database, args: &AddBanner, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let bad = |what: &str, cause: &dyn std::fmt::Display| CliError::Argument(format!("--{what}: {cause}"));
    let about = edits::About {
        title: Text::parse(&args.title).map_err(|cause| bad("title", &cause))?,
        image_url: Text::parse(&args.image).map_err(|cause| bad("image", &cause))?,
        link: Link::parse(args.link_type.number(), &args.link_value).map_err(|cause| bad("link-value", &cause))?,
        sort_order: args.sort_order,
        is_on: !args.off,
        starts_at: args.starts_at,
        ends_at: args.ends_at,
    };
    let hosts = LinkHosts::new(config.banners.link_hosts.clone());
    let (id, outbox) = edits::create(database, &about, &hosts, store::now()).await.map_err(refused)?;
    out.line(format_args!("banner {id}"));
    follow(database, Some(outbox), &args.whose, out).await
}

async fn list(database: &Database, out: &mut Out) -> Result<(), CliError> {
    let banners = repository::all(database, LISTED_MAX).await;
    let banners = banners.map_err(|cause| CliError::failed("the banners cannot be read", cause))?;
    banners.iter().for_each(|banner| show(banner, out));
    if banners.is_empty() {
        out.line(format_args!("there is no banner"));
    }
    Ok(())
}

fn show(banner: &Banner, out: &mut Out) {
    let moment = |at: Option<_>, never: &str| at.map_or_else(|| never.to_owned(), |at| Rfc3339(at).to_string());
    let status = if banner.is_on { "on" } else { "off" };
    let (link_type, value) = (banner.link.number(), banner.link.value());
    let (from, to) = (moment(banner.starts_at, "always"), moment(banner.ends_at, "always"));
    out.line(format_args!(
        "banner {} {status} place {} {:?} leads to type {link_type} {value:?}, from {from} to {to}, {} clicks",
        banner.id, banner.sort_order, banner.title, banner.clicks
    ));
}

async fn set_status(database: &Database, args: &SetBannerStatus, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let edited = edits::set_status(database, args.banner, args.status == Switch::On, store::now()).await;
    follow(database, edited.map_err(refused)?, &args.whose, out).await
}

async fn link(database: &Database, args: &LinkBanner, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let edited = edits::set_products(database, args.banner, &args.product, store::now()).await;
    follow(database, edited.map_err(refused)?, &args.whose, out).await
}
