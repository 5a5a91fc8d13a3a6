//! `product sku` and `product spec`: the services of the catalogue's edits, for people at a terminal.

use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use mallcore_actors::values::text::Text;

use super::args::{ProductStatus, Whose};
use super::catalog::bad;
use super::out::Out;
use super::product::{follow, operator, refused};
use super::variant_args::{AddSku, OneSpec, OneValue, SetSku, SkuCommand, SpecCommand, SpecsOf};
use super::{CliError, store};
use crate::features::catalog::edits::products::NewSku;
use crate::features::catalog::edits::skus::{self, SkuChange};
use crate::features::catalog::edits::specs::{self, SpecEdit};
use crate::platform::database::Database;

/// Carries `product sku` out.
pub(super) async fn sku(database: &Database, command: &SkuCommand, out: &mut Out) -> Result<(), CliError> {
    match command {
        SkuCommand::Add(args) => add(database, args, out).await,
        SkuCommand::Set(args) => set(database, args, out).await,
        SkuCommand::Remove { sku, whose } => remove(database, *sku, whose, out).await,
    }
}

fn id(sku: u64) -> Result<SkuId, CliError> {
    SkuId::new(sku).map_err(|cause| bad("sku", &cause))
}

fn code(text: Option<&String>) -> Result<Option<Text<64>>, CliError> {
    text.map(|text| Text::parse(text)).transpose().map_err(|cause| bad("code", &cause))
}

async fn add(database: &Database, args: &AddSku, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let new = NewSku {
        spec_values: args.value.clone(),
        code: code(args.code.as_ref())?,
        picture: args.picture.clone(),
        weight_grams: args.weight_grams,
        volume_cm3: args.volume_cm3,
        price: Money::from_fen(args.price_fen).map_err(|cause| bad("price-fen", &cause))?,
    };
    let (sku, outbox) = skus::add(database, args.product, &new, store::now()).await.map_err(refused)?;
    out.line(format_args!("SKU {sku}"));
    follow(database, Some(outbox), &args.whose, out).await
}

async fn set(database: &Database, args: &SetSku, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let change = SkuChange {
        code: if args.no_code { Some(None) } else { code(args.code.as_ref())?.map(Some) },
        picture: if args.no_picture { Some(None) } else { args.picture.clone().map(Some) },
        spec_values: (!args.value.is_empty()).then(|| args.value.clone()),
        weight_grams: args.weight_grams,
        volume_cm3: args.volume_cm3,
        on_sale: args.status.map(|status| status == ProductStatus::OnSale),
    };
    let changed = skus::change(database, id(args.sku)?, &change, store::now()).await;
    follow(database, changed.map_err(refused)?, &args.whose, out).await
}

async fn remove(database: &Database, sku: u64, whose: &Whose, out: &mut Out) -> Result<(), CliError> {
    operator(whose)?;
    let removed = skus::remove(database, id(sku)?, store::now()).await;
    follow(database, Some(removed.map_err(refused)?), whose, out).await
}

/// Carries `product spec` out.
pub(super) async fn spec(database: &Database, command: &SpecCommand, out: &mut Out) -> Result<(), CliError> {
    let (SpecsOf { product, whose }, edit) = edit(command);
    operator(whose)?;
    let edited = specs::edit(database, *product, &edit, store::now()).await;
    follow(database, edited.map_err(refused)?, whose, out).await
}

fn edit(command: &SpecCommand) -> (&SpecsOf, SpecEdit) {
    let named = |spec: &OneSpec| spec.name.clone();
    let both = |value: &OneValue| (value.spec.name.clone(), value.value.clone());
    match command {
        SpecCommand::Rename { spec, to } => (&spec.of, SpecEdit::Rename { name: named(spec), to: to.clone() }),
        SpecCommand::Remove(spec) => (&spec.of, SpecEdit::Remove { name: named(spec) }),
        SpecCommand::Order { of, names } => (of, SpecEdit::Order { names: names.clone() }),
        SpecCommand::OrderValues { spec, values } => (&spec.of, SpecEdit::OrderValues { name: named(spec), values: values.clone() }),
        SpecCommand::Add(value) => {
            let (name, first) = both(value);
            (&value.spec.of, SpecEdit::Add { name, value: first })
        }
        SpecCommand::AddValue(value) => {
            let (name, added) = both(value);
            (&value.spec.of, SpecEdit::AddValue { name, value: added })
        }
        SpecCommand::RenameValue { value, to } => {
            let (name, renamed) = both(value);
            (&value.spec.of, SpecEdit::RenameValue { name, value: renamed, to: to.clone() })
        }
        SpecCommand::RemoveValue(value) => {
            let (name, removed) = both(value);
            (&value.spec.of, SpecEdit::RemoveValue { name, value: removed })
        }
    }
}
