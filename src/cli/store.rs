//! Commands on the database: `migrate`, `seed-demo`, `seckill`, `reconcile`.

use actix_web::rt::System;
use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;

use super::args::{CreateSale, SeckillCommand, SeedDemo, Start};
use super::out::Out;
use super::{CliError, admin, only_for_trying_out};
use crate::demo::seed::{SeedOptions, Seeded, seed};
use crate::features::seckill;
use crate::features::seckill::model::SalePlan;
use crate::platform::auth;
use crate::platform::config::Config;
use crate::platform::database::{Connections, Database, Settings};
use crate::platform::rfc3339::Rfc3339;
use crate::{reconcile, shop};

/// Opens the database and brings its schema up to date; the embedded mode's folder, database and signing key are made if they are missing.
/// For `serve`, `migrate` and `seed-demo` alone: whoever looks at a shop must not make one in the wrong place.
pub async fn ready_database(config: &Config) -> Result<Database, CliError> {
    if config.mode.is_embedded() {
        let folder = &config.storage.data_dir;
        let failed = |cause| CliError::failed(format!("the data folder {} cannot be made", folder.display()), cause);
        std::fs::create_dir_all(folder).map_err(failed)?;
        if config.auth.jwt_secret.is_none() {
            auth::load_or_create(folder).map_err(|cause| CliError::failed("the signing key cannot be made", cause))?;
        }
    }
    let opened = shop::database(config).connect(Connections::COMMAND).await;
    let database = opened.map_err(|cause| CliError::failed("the database cannot be opened", cause))?;
    database.check_fitness().await.map_err(|cause| CliError::failed("the database cannot be used", cause))?;
    let what = "the schema cannot be brought up to date; `mallcore migrate` needs an account that may change tables";
    database.migrate().await.map_err(|cause| CliError::failed(what, cause))?;
    Ok(database)
}

/// Opens the database of a shop that is there, with this release's schema. Makes nothing.
pub async fn existing_database(config: &Config) -> Result<Database, CliError> {
    let settings = shop::database(config);
    let place = match &settings {
        Settings::Sqlite(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
        Settings::MySql(server) => format!("{server:?}"),
    };
    if matches!(&settings, Settings::Sqlite(path) if !path.exists()) {
        return Err(CliError::NoShop { place });
    }
    let opened = settings.connect_existing(Connections::COMMAND).await;
    let database = opened.map_err(|cause| CliError::failed(format!("the database {place} cannot be opened"), cause))?;
    let steps = database.migrations().await.map_err(|cause| CliError::failed("the schema cannot be read", cause))?;
    let missing = [steps.pending, steps.altered].concat();
    if missing.is_empty() {
        return Ok(database);
    }
    database.close().await;
    let is_empty = steps.applied == 0 && steps.unknown.is_empty();
    Err(if is_empty { CliError::NoShop { place } } else { CliError::OldSchema { place, steps: missing } })
}

/// Carries out the command `migrate`.
pub fn migrate(config: &Config, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        ready_database(config).await?.close().await;
        out.line(format_args!("the schema is up to date"));
        Ok(())
    })
}

/// Carries out the command `seed-demo`.
pub fn seed_demo(config: &Config, args: &SeedDemo, out: &mut Out) -> Result<(), CliError> {
    only_for_trying_out(config, "seed-demo")?;
    let journal = shop::Plan::of(config).journal_folder;
    let last = shop::last_record(&journal).map_err(|cause| CliError::failed("the journal cannot be read", cause))?;
    if let Some(last) = last {
        return Err(CliError::Argument(format!(
            "the journal in {} has records up to {last}: the demo shop goes into an empty data folder only, so choose another DATA_DIR, or put \
             the database of this journal back",
            journal.display()
        )));
    }
    System::new().block_on(async {
        let database = ready_database(config).await?;
        let seeded = fill(&database, args).await?;
        let administrator = admin::for_the_demo(config, &database, out).await;
        database.close().await;
        administrator?;
        out.line(format_args!("{} products, {} SKUs, {} items in the running sale", seeded.products, seeded.skus, seeded.flash_items));
        Ok(())
    })
}

/// Fills an empty database.
pub async fn fill(database: &Database, args: &SeedDemo) -> Result<Seeded, CliError> {
    let options = SeedOptions {
        flash_stock: args.flash_stock,
        flash_limit: args.flash_limit,
        flash_items: args.flash_items,
        products: args.products,
        stock: args.stock,
        ..SeedOptions::default()
    };
    seed(database, options, now()).await.map_err(|cause| CliError::failed("the demo shop cannot be written", cause))
}

/// Carries out the command `seckill`.
pub fn sales(config: &Config, command: &SeckillCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = existing_database(config).await?;
        let done = match command {
            SeckillCommand::Create(args) => create(&database, args, out).await,
            SeckillCommand::List => list(&database, out).await,
        };
        database.close().await;
        done
    })
}

/// Hours of a sale that can still be sold in: a slip of a day would otherwise end it before it began, or start it at once.
fn hours(args: &CreateSale, now: Timestamp) -> Result<(Timestamp, Timestamp), CliError> {
    let past = |what: &str, at: Timestamp, remedy: &str| {
        let (at, now) = (Rfc3339::from(at), Rfc3339::from(now));
        Err(CliError::Argument(format!("--{what}: {at} is in the past, it is {now}{remedy}")))
    };
    let starts_at = match args.starts_at {
        Start::Now => now,
        Start::At(at) if at < now => return past("starts-at", at, "; `--starts-at now` starts the sale at once"),
        Start::At(at) => at,
    };
    if args.ends_at <= now {
        return past("ends-at", args.ends_at, "");
    }
    if args.ends_at <= starts_at {
        return Err(CliError::Argument("--ends-at: a sale ends after it starts".to_owned()));
    }
    Ok((starts_at, args.ends_at))
}

async fn create(database: &Database, args: &CreateSale, out: &mut Out) -> Result<(), CliError> {
    let bad = |what: &str, cause: String| CliError::Argument(format!("--{what}: {cause}"));
    let (starts_at, ends_at) = hours(args, now())?;
    if args.name.is_empty() || args.name.chars().count() > 100 {
        return Err(bad("name", "1 to 100 characters are wanted".to_owned()));
    }
    let plan = SalePlan {
        name: args.name.clone(),
        sku: SkuId::new(args.sku).map_err(|cause| bad("sku", cause.to_string()))?,
        quota: args.quota,
        limit_per_user: args.limit,
        price: Money::from_fen(args.price_fen).map_err(|cause| bad("price-fen", cause.to_string()))?,
        starts_at,
        ends_at,
    };
    let available = crate::features::stock::repository::counts(database, &[plan.sku]).await;
    let available = available.map_err(|cause| CliError::failed("the SKU cannot be read", cause))?.value;
    match available.get(&plan.sku) {
        None => return Err(bad("sku", format!("there is no SKU {}", plan.sku))),
        Some((available, _, _)) if *available < plan.quota => {
            return Err(bad("quota", format!("only {available} pieces of SKU {} are available", plan.sku)));
        }
        Some(_) => {}
    }
    let created = seckill::repository::create(database, &plan).await;
    let (activity, item) = created.map_err(|cause| CliError::failed("the sale cannot be written", cause))?;
    out.line(format_args!("sale {activity} with item {item}; a running server sets its {} pieces aside within a second", plan.quota));
    Ok(())
}

async fn list(database: &Database, out: &mut Out) -> Result<(), CliError> {
    let sales = seckill::repository::activities(database, Timestamp::default()).await;
    for sale in sales.map_err(|cause| CliError::failed("the sales cannot be read", cause))?.value {
        out.line(format_args!("{} {} {} – {}", sale.id, sale.name, Rfc3339::from(sale.starts_at), Rfc3339::from(sale.ends_at)));
        for item in sale.items {
            let state = if item.carved_at.is_some() { "set aside" } else { "waiting for its pieces" };
            out.line(format_args!(
                "  item {} SKU {} {}: {} of {} left at {} fen, {} a user, {state}",
                item.id,
                item.sku,
                item.title,
                item.remaining,
                item.quota,
                item.price.fen(),
                item.limit_per_user
            ));
        }
    }
    Ok(())
}

/// Carries out the command `reconcile`.
pub fn reconcile(config: &Config, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = existing_database(config).await?;
        let report = reconcile::reconcile(&database).await;
        database.close().await;
        let report = report.map_err(|cause| CliError::failed("the database cannot be read", cause))?;
        out.line(format_args!(
            "at record {}: {} orders, {} flash items, {} SKUs, {} differences",
            report.checkpoint,
            report.orders,
            report.flash_items,
            report.skus,
            report.differences.len()
        ));
        report.differences.iter().for_each(|difference| out.line(format_args!("  {difference}")));
        if report.differences.is_empty() { Ok(()) } else { Err(CliError::Differences(report.differences.len())) }
    })
}

/// The time by this machine's clock.
pub fn now() -> Timestamp {
    mallcore_actors::time::Clock::now(&crate::platform::clock::SystemClock::starting_after(Timestamp::default()))
}
