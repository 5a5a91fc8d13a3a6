//! `review`: what the back office does about reviews, for people at a terminal.

use actix_web::rt::System;

use super::out::Out;
use super::product::{follow, operator};
use super::review_args::{ListReviews, ReplyReview, ReviewCommand, ReviewStatus, ShowReview};
use super::{CliError, store};
use crate::features::reviews::model::{Listed, Reply, Review, Status};
use crate::features::reviews::repository;
use crate::features::reviews::service::{self, ReviewError};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;

/// Carries the command out.
pub fn run(config: &Config, command: &ReviewCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match command {
            ReviewCommand::List(args) => list(&database, args, out).await,
            ReviewCommand::Show(args) => set_shown(&database, args, true, out).await,
            ReviewCommand::Hide(args) => set_shown(&database, args, false, out).await,
            ReviewCommand::Reply(args) => reply(&database, args, out).await,
        };
        database.close().await;
        done
    })
}

async fn list(database: &Database, args: &ListReviews, out: &mut Out) -> Result<(), CliError> {
    let status = args.status.map(|status| match status {
        ReviewStatus::Pending => Status::Pending,
        ReviewStatus::Shown => Status::Shown,
        ReviewStatus::Hidden => Status::Hidden,
    });
    let listed = Listed { status, product: args.product, stars_max: args.stars_max, before: args.before };
    let reviews = repository::listed(database, listed, args.count).await;
    let reviews = reviews.map_err(|cause| CliError::failed("the reviews cannot be read", cause))?;
    if reviews.is_empty() {
        out.line(format_args!("no review fits"));
    }
    for Review { id, product, sku, user, opinion, status, reply, created_at, .. } in reviews {
        out.line(format_args!(
            "{id} {} {} product {product} SKU {sku} user {user}: {} stars, {} pictures{}",
            Rfc3339::from(created_at),
            status.name(),
            opinion.stars,
            opinion.pictures.len(),
            if opinion.is_anonymous { ", anonymous" } else { "" }
        ));
        // One line each: the words may have breaks.
        if let Some(content) = opinion.content {
            out.line(format_args!("  {}", content.replace('\n', " ")));
        }
        if let Some((reply, _)) = reply {
            out.line(format_args!("  reply: {reply}"));
        }
    }
    Ok(())
}

async fn set_shown(database: &Database, args: &ShowReview, is_shown: bool, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let changed = service::set_shown(database, args.review, is_shown, store::now()).await.map_err(refused)?;
    follow(database, changed, &args.whose, out).await
}

async fn reply(database: &Database, args: &ReplyReview, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let text = Reply::parse(&args.text).map_err(|cause| CliError::Argument(format!("--text: {cause}")))?;
    let changed = service::reply(database, args.review, &text, store::now()).await.map_err(refused)?;
    follow(database, changed, &args.whose, out).await
}

fn refused(cause: ReviewError) -> CliError {
    match cause {
        ReviewError::Unknown(_) | ReviewError::Refused(_) => CliError::Argument(cause.to_string()),
        ReviewError::Database(_) | ReviewError::Append(_) => CliError::failed("the change cannot be written", cause),
    }
}
