//! `freight`: templates of what sending costs, and which products have them. What a template says stands in a JSON file, in the form that
//! `freight show` prints.

use std::path::{Path, PathBuf};

use actix_web::rt::System;
use clap::{Args, Subcommand};
use mallcore_actors::ids::{FreightTemplateId, ID_MAX, ProductId};
use mallcore_actors::money::Money;
use mallcore_actors::pricing::freight::{Area, Billing, FreeFrom, Rate, Terms};
use serde::{Deserialize, Serialize};

use super::out::Out;
use super::{CliError, store};
use crate::features::freight::service::{self, EditError};
use crate::features::freight::{Draft, TemplateName};
use crate::platform::config::Config;
use crate::platform::database::Database;

/// What `freight` can do. Quotes have a change within a moment; orders keep the freight that they have.
#[derive(Debug, Subcommand)]
pub enum FreightCommand {
    /// Show all templates, with how many products have each
    List,
    /// Print a template, in the form that `create` and `update` read
    Show(Template),
    /// Add a template
    Create(File),
    /// Make a template what a file says
    Update {
        /// Which template it is.
        #[command(flatten)]
        template: Template,
        /// What it is from now on.
        #[command(flatten)]
        file: File,
    },
    /// Delete a template that no product has
    Delete(Template),
    /// Give products a template
    Assign {
        /// Which template it is.
        #[command(flatten)]
        template: Template,
        /// Ids of the products, at most 1,000
        #[arg(required = true, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
        products: Vec<u64>,
    },
}

/// A template that is there.
#[derive(Debug, Clone, Copy, Args)]
pub struct Template {
    /// Id of the template
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub template: u64,
}

/// Where a template is described.
#[derive(Debug, Args)]
pub struct File {
    /// A JSON file such as {"name": "快递", "billing": "pieces", "default": {"first": 1, "first_fee_fen": 800, "next": 1, "next_fee_fen": 200,
    /// "free_from_fen": 9900}, "areas": [{"regions": ["65", "54"], "terms": {"delivered": false}}]}
    #[arg(long)]
    pub file: PathBuf,
}

/// A template as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    billing: Counted,
    default: WrittenTerms,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    areas: Vec<WrittenArea>,
}

/// What a template counts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Counted {
    Pieces,
    Weight,
    Volume,
}

/// A row for regions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenArea {
    regions: Vec<String>,
    terms: WrittenTerms,
}

/// Fees, or that nothing is delivered: then no fee is said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTerms {
    /// Said only where it is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delivered: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_fee_fen: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_fee_fen: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    free_from_pieces: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    free_from_fen: Option<u64>,
}

fn money(field: &'static str, fen: u64) -> Result<Money, String> {
    Money::from_fen(fen).map_err(|cause| format!("{field}: {cause}"))
}

impl WrittenTerms {
    fn terms(&self) -> Result<Terms, String> {
        let fees = (self.first, self.first_fee_fen, self.next, self.next_fee_fen);
        match (self.delivered.unwrap_or(true), fees) {
            (false, (None, None, None, None)) if self.free_from_pieces.is_none() && self.free_from_fen.is_none() => Ok(Terms::NotDelivered),
            (false, _) => Err("what is not delivered has no fees".to_owned()),
            (true, (Some(first), Some(first_fee), Some(next), Some(next_fee))) => {
                let amount = self.free_from_fen.map(|fen| money("free_from_fen", fen)).transpose()?;
                let (first_fee, next_fee) = (money("first_fee_fen", first_fee)?, money("next_fee_fen", next_fee)?);
                Ok(Terms::Delivered(Rate { first, first_fee, next, next_fee, free: FreeFrom { pieces: self.free_from_pieces, amount } }))
            }
            (true, _) => Err("first, first_fee_fen, next and next_fee_fen are wanted, or \"delivered\": false".to_owned()),
        }
    }
}

impl From<Terms> for WrittenTerms {
    fn from(terms: Terms) -> Self {
        let none = Self {
            delivered: Some(false),
            first: None,
            first_fee_fen: None,
            next: None,
            next_fee_fen: None,
            free_from_pieces: None,
            free_from_fen: None,
        };
        match terms {
            Terms::NotDelivered => none,
            Terms::Delivered(Rate { first, first_fee, next, next_fee, free }) => Self {
                delivered: None,
                first: Some(first),
                first_fee_fen: Some(first_fee.fen()),
                next: Some(next),
                next_fee_fen: Some(next_fee.fen()),
                free_from_pieces: free.pieces,
                free_from_fen: free.amount.map(Money::fen),
            },
        }
    }
}

impl Written {
    fn draft(&self) -> Result<Draft, String> {
        let area = |(place, area): (usize, &WrittenArea)| {
            let named = |cause: String| format!("areas[{place}]: {cause}");
            let regions = area.regions.iter().map(|region| region.parse().map_err(|cause| named(format!("{region}: {cause}"))));
            Ok::<_, String>(Area { regions: regions.collect::<Result<_, _>>()?, terms: area.terms.terms().map_err(named)? })
        };
        Ok(Draft {
            name: TemplateName::parse(&self.name).map_err(|cause| format!("name: {cause}"))?,
            billing: match self.billing {
                Counted::Pieces => Billing::Pieces,
                Counted::Weight => Billing::Weight,
                Counted::Volume => Billing::Volume,
            },
            default: self.default.terms().map_err(|cause| format!("default: {cause}"))?,
            areas: self.areas.iter().enumerate().map(area).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&Draft> for Written {
    fn from(draft: &Draft) -> Self {
        let area = |area: &Area| WrittenArea { regions: area.regions.iter().map(ToString::to_string).collect(), terms: area.terms.into() };
        Self {
            name: draft.name.as_str().to_owned(),
            billing: match draft.billing {
                Billing::Pieces => Counted::Pieces,
                Billing::Weight => Counted::Weight,
                Billing::Volume => Counted::Volume,
            },
            default: draft.default.into(),
            areas: draft.areas.iter().map(area).collect(),
        }
    }
}

/// Carries the command out.
pub(super) fn run(config: &Config, command: &FreightCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = carry_out(&database, command, out).await;
        database.close().await;
        done
    })
}

async fn carry_out(database: &Database, command: &FreightCommand, out: &mut Out) -> Result<(), CliError> {
    match command {
        FreightCommand::List => list(database, out).await,
        FreightCommand::Show(template) => show(database, id(*template)?, out).await,
        FreightCommand::Create(file) => {
            let created = service::create(database, &read(&file.file)?, store::now()).await.map_err(refused)?;
            out.line(format_args!("freight template {created}"));
            Ok(())
        }
        FreightCommand::Update { template, file } => {
            service::update(database, id(*template)?, &read(&file.file)?, store::now()).await.map_err(refused)?;
            done(out, "changed")
        }
        FreightCommand::Delete(template) => {
            service::delete(database, id(*template)?, store::now()).await.map_err(refused)?;
            done(out, "deleted")
        }
        FreightCommand::Assign { template, products } => {
            let products = products.iter().map(|product| ProductId::new(*product)).collect::<Result<Vec<_>, _>>();
            let products = products.map_err(|cause| CliError::Argument(cause.to_string()))?;
            service::assign(database, &products, id(*template)?, store::now()).await.map_err(refused)?;
            done(out, "assigned")
        }
    }
}

fn done(out: &mut Out, what: &str) -> Result<(), CliError> {
    out.line(format_args!("{what}; quotes have it within a moment"));
    Ok(())
}

fn id(Template { template }: Template) -> Result<FreightTemplateId, CliError> {
    FreightTemplateId::new(template).map_err(|cause| CliError::Argument(cause.to_string()))
}

fn read(path: &Path) -> Result<Draft, CliError> {
    let text = std::fs::read(path).map_err(|cause| CliError::failed(format!("{} cannot be read", path.display()), cause))?;
    let wrong = |cause: String| CliError::Argument(format!("{}: {cause}", path.display()));
    let written: Written = serde_json::from_slice(&text).map_err(|cause| wrong(cause.to_string()))?;
    written.draft().map_err(wrong)
}

async fn list(database: &Database, out: &mut Out) -> Result<(), CliError> {
    let templates = service::list(database).await.map_err(|cause| CliError::failed("the templates cannot be read", cause))?;
    for template in templates {
        out.line(format_args!("{} {}: {} products", template.id, template.name, template.products));
    }
    Ok(())
}

async fn show(database: &Database, id: FreightTemplateId, out: &mut Out) -> Result<(), CliError> {
    let found = service::find(database, id).await.map_err(|cause| CliError::failed("the template cannot be read", cause))?;
    let draft = found.ok_or_else(|| CliError::Argument(EditError::UnknownTemplate(id).to_string()))?;
    // Texts and numbers have no way to fail.
    out.line(format_args!("{}", serde_json::to_string_pretty(&Written::from(&draft)).unwrap_or_default()));
    Ok(())
}

fn refused(cause: EditError) -> CliError {
    match cause {
        EditError::UnknownTemplate(_)
        | EditError::UnknownProduct(_)
        | EditError::TooManyProducts
        | EditError::InUse { .. }
        | EditError::Bad(_) => CliError::Argument(cause.to_string()),
        EditError::Database(_) | EditError::Append(_) => CliError::failed("the change cannot be written", cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str) -> Result<Draft, String> {
        serde_json::from_str::<Written>(text).map_err(|cause| cause.to_string())?.draft()
    }

    #[test]
    fn what_is_shown_is_what_is_read() {
        let text = r#"{"name": "快递", "billing": "weight", "default": {"first": 1000, "first_fee_fen": 800, "next": 500, "next_fee_fen": 200,
            "free_from_pieces": 3, "free_from_fen": 9900}, "areas": [{"regions": ["65", "5401"], "terms": {"delivered": false}},
            {"regions": ["44"], "terms": {"first": 1000, "first_fee_fen": 500, "next": 1000, "next_fee_fen": 0}}]}"#;
        let read = draft(text).unwrap();
        assert_eq!((read.billing, read.areas.len(), read.areas[0].terms), (Billing::Weight, 2, Terms::NotDelivered));
        let shown = serde_json::to_string(&Written::from(&read)).unwrap();
        assert_eq!(draft(&shown), Ok(read), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let with = |areas: &str| {
            format!(
                r#"{{"name": "a", "billing": "pieces", "default": {{"first": 1, "first_fee_fen": 0, "next": 1, "next_fee_fen": 0}}, "areas": [{areas}]}}"#
            )
        };
        for (text, said) in [
            (with(r#"{"regions": ["4"], "terms": {"delivered": false}}"#), "areas[0]: 4: regions are named"),
            (with(r#"{"regions": ["44"], "terms": {"delivered": false, "first": 1}}"#), "areas[0]: what is not delivered has no fees"),
            (with(r#"{"regions": ["44"], "terms": {"first": 1}}"#), "areas[0]: first, first_fee_fen, next and next_fee_fen are wanted"),
            (with("").replace("\"a\"", "\" \""), "name: "),
            (with("").replace("pieces", "boxes"), "unknown variant"),
            (with("").replace("\"next\"", "\"nxt\""), "unknown field"),
        ] {
            let refused = draft(&text).unwrap_err();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}
