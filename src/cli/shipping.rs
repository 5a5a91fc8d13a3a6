//! `shipping`: carriers, and what WeChat was told of parcels, for people at a terminal.

use actix_web::rt::System;

use super::order::found;
use super::order_args::{ListUploads, ListedStatus, NamedOrder, ShippingCommand, UploadsCommand};
use super::out::Out;
use super::{CliError, store};
use crate::features::shipping::carriers;
use crate::features::shipping::uploads::repository::{self, Upload, UploadStatus};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;

/// Carries the command out.
pub fn run(config: &Config, command: &ShippingCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match command {
            ShippingCommand::Carriers => list_carriers(&database, out).await,
            ShippingCommand::Uploads(UploadsCommand::List(args)) => list(&database, args, out).await,
            ShippingCommand::Uploads(UploadsCommand::Retry(args)) => retry(&database, args, out).await,
        };
        database.close().await;
        done
    })
}

async fn list_carriers(database: &Database, out: &mut Out) -> Result<(), CliError> {
    let carriers = carriers::all(database).await.map_err(|cause| CliError::failed("the carriers cannot be read", cause))?;
    for carrier in carriers {
        out.line(format_args!(
            "{} {}: WeChat {}, 快递100 {}{}{}",
            carrier.code,
            carrier.name,
            carrier.wechat_id.as_deref().unwrap_or("-"),
            carrier.kuaidi100_code.as_deref().unwrap_or("-"),
            if carrier.needs_phone { ", asks for the receiver's phone" } else { "" },
            if carrier.is_in_use { "" } else { ", not in use" }
        ));
    }
    Ok(())
}

async fn list(database: &Database, args: &ListUploads, out: &mut Out) -> Result<(), CliError> {
    let wanted = match args.status {
        None => [Some(UploadStatus::Failed), Some(UploadStatus::Waiting)],
        Some(ListedStatus::Failed) => [Some(UploadStatus::Failed), None],
        Some(ListedStatus::Waiting) => [Some(UploadStatus::Waiting), None],
    };
    let mut is_any = false;
    for status in wanted.into_iter().flatten() {
        let unread = |cause| CliError::failed("the uploads cannot be read", cause);
        for Upload { order, wanted_at, attempts, next_at, problem, .. } in
            repository::listed(database, status, args.count).await.map_err(unread)?
        {
            is_any = true;
            out.line(format_args!(
                "order {order} {}: since {}, {attempts} attempts, {} {}: {}",
                status.name(),
                Rfc3339::from(wanted_at),
                if status == UploadStatus::Failed { "given up" } else { "again" },
                Rfc3339::from(next_at),
                problem.as_deref().unwrap_or("-")
            ));
        }
    }
    if !is_any {
        out.line(format_args!("nothing waits to be told to WeChat"));
    }
    Ok(())
}

async fn retry(database: &Database, args: &NamedOrder, out: &mut Out) -> Result<(), CliError> {
    let order = found(database, args.order).await?;
    let retried = repository::retry(database, (order.user, order.id), order.version, store::now()).await;
    retried.map_err(|cause| CliError::failed("the request cannot be written", cause))?;
    out.line(format_args!("WeChat is told of order {} again; a running server does it within a second", order.id));
    Ok(())
}
