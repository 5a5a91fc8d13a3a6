//! `product create`, `set-discount`, `set-hot`, `zone-sort`, `category add`, `brand add`: the services of the catalogue's edits, for people at a terminal.

use mallcore_actors::money::Money;
use mallcore_actors::stock::adjustment::{Delta, Reason};
use mallcore_actors::values::discount::DiscountRate;
use mallcore_actors::values::text::Text;

use super::catalog_args::{AddBrand, AddCategory, CreateProduct, SetDiscount, SetHot, ZoneSort};
use super::out::Out;
use super::product::{follow, operator, refused};
use super::{CliError, store};
use crate::features::catalog::edits::{categories, labels, products};
use crate::features::catalog::snapshot::Spec;
use crate::features::stock::adjustments;
use crate::platform::database::Database;
use crate::platform::outbox::Wanted;

/// Why pieces come in that nobody has counted before.
const FIRST_STOCK: &str = "first stock";

pub(super) fn bad(what: &str, cause: &dyn std::fmt::Display) -> CliError {
    CliError::Argument(format!("--{what}: {cause}"))
}

fn name<const MOST: usize>(text: &str) -> Result<Text<MOST>, CliError> {
    Text::parse(text).map_err(|cause| bad("name", &cause))
}

pub(super) async fn create(database: &Database, args: &CreateProduct, out: &mut Out) -> Result<(), CliError> {
    let whose = operator(&args.whose)?;
    let price = Money::from_fen(args.price_fen).map_err(|cause| bad("price-fen", &cause))?;
    let compared_price = args.original_price_fen.map(Money::from_fen).transpose().map_err(|cause| bad("original-price-fen", &cause))?;
    let delta = match args.stock {
        0 => None,
        pieces => Some(i32::try_from(pieces).ok().and_then(|pieces| Delta::new(pieces).ok()).ok_or_else(|| bad("stock", &"too many"))?),
    };
    let mut tags = Vec::new();
    for tag in &args.tag {
        let word = Text::parse(tag).map_err(|cause| bad("tag", &cause))?;
        tags.push(labels::tag(database, &word, store::now()).await.map_err(refused)?.0);
    }
    let sku = |spec_values| products::NewSku {
        spec_values,
        code: None,
        picture: None,
        weight_grams: args.weight_grams,
        volume_cm3: args.volume_cm3,
        price,
    };
    let new = products::NewProduct {
        name: name(&args.name)?,
        about: products::About {
            description: args.description.clone(),
            category: args.category,
            brand: args.brand,
            compared_price,
            images: args.image.clone(),
            tags,
            freight_template: None,
        },
        specs: args.spec.clone(),
        skus: combinations(&args.spec).into_iter().map(sku).collect(),
        on_sale: !args.off_sale,
    };
    let created = products::create(database, &new, store::now()).await.map_err(refused)?;
    let skus = created.skus.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    out.line(format_args!("product {} with SKU {skus}", created.product));
    out.line(format_args!("it can be ordered once it has a freight template: mallcore freight assign 1 {}", created.product));
    follow(database, Some(created.outbox), &args.whose, out).await?;
    let Some(delta) = delta else { return Ok(()) };
    let reason = Reason::parse(FIRST_STOCK).map_err(|cause| bad("stock", &cause))?;
    for sku in created.skus {
        let asked = adjustments::ask(database, sku, Wanted::By(delta), reason.clone(), whose.clone(), store::now()).await;
        let id = asked.map_err(|cause| CliError::failed("the stock cannot be asked for", cause))?;
        follow(database, Some(id), &args.whose, out).await?;
    }
    Ok(())
}

/// One value of each spec, in every way; a product without specs has one SKU without values.
fn combinations(specs: &[Spec]) -> Vec<Vec<String>> {
    specs.iter().fold(vec![Vec::new()], |begun, spec| {
        begun.iter().flat_map(|values| spec.values.iter().map(|value| [values.as_slice(), std::slice::from_ref(value)].concat())).collect()
    })
}

pub(super) async fn set_discount(database: &Database, args: &SetDiscount, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let rate = DiscountRate::from_basis_points(args.percent).map_err(|cause| bad("percent", &cause))?;
    let edited = products::set_discount(database, args.product, Some(rate), store::now()).await;
    follow(database, edited.map_err(refused)?, &args.whose, out).await
}

pub(super) async fn set_hot(database: &Database, args: &SetHot, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    if let Some(sort_order) = args.sort_order {
        let edited = products::set_sort_order(database, args.product, sort_order, store::now()).await;
        follow(database, edited.map_err(refused)?, &args.whose, out).await?;
    }
    let edited = products::set_hot(database, args.product, args.hot, store::now()).await;
    follow(database, edited.map_err(refused)?, &args.whose, out).await
}

pub(super) async fn zone_sort(database: &Database, args: &ZoneSort, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let edited = products::set_sort_order(database, args.product, args.weight, store::now()).await;
    follow(database, edited.map_err(refused)?, &args.whose, out).await
}

pub(super) async fn add_category(database: &Database, args: &AddCategory, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let added = categories::create(database, &name(&args.name)?, args.parent, args.sort_order, store::now()).await;
    let (id, outbox) = added.map_err(refused)?;
    out.line(format_args!("category {id}"));
    follow(database, Some(outbox), &args.whose, out).await
}

pub(super) async fn add_brand(database: &Database, args: &AddBrand, out: &mut Out) -> Result<(), CliError> {
    operator(&args.whose)?;
    let added = labels::create_brand(database, &name(&args.name)?, args.logo_url.as_deref(), args.sort_order, store::now()).await;
    let (id, outbox) = added.map_err(refused)?;
    out.line(format_args!("brand {id}"));
    follow(database, Some(outbox), &args.whose, out).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_a_sku() {
        let spec = |name: &str, values: &[&str]| Spec { name: name.into(), values: values.iter().map(ToString::to_string).collect() };
        assert_eq!(combinations(&[]), [Vec::<String>::new()]);
        let two = combinations(&[spec("颜色", &["黑", "白"]), spec("尺码", &["M"])]);
        assert_eq!(two, [["黑", "M"], ["白", "M"]]);
    }
}
