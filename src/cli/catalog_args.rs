//! What the commands of the catalogue are told.

use clap::{Args, Subcommand};
use mallcore_actors::ids::ID_MAX;

use super::args::Whose;
use crate::features::catalog::snapshot::Spec;

/// A product to put in, with a SKU for each combination of its specs' values.
#[derive(Debug, Args)]
pub struct CreateProduct {
    /// Name of the product
    #[arg(long)]
    pub name: String,
    /// Price of a piece in fen
    #[arg(long)]
    pub price_fen: u64,
    /// What it is
    #[arg(long, default_value = "")]
    pub description: String,
    /// Id of its category
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub category: Option<u64>,
    /// Id of its brand
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub brand: Option<u64>,
    /// A price in fen to compare with
    #[arg(long)]
    pub original_price_fen: Option<u64>,
    /// Address of a picture; may be repeated
    #[arg(long)]
    pub image: Vec<String>,
    /// A tag, added if there is none of this name; may be repeated
    #[arg(long)]
    pub tag: Vec<String>,
    /// Something that its SKUs differ in, such as 颜色=黑色,白色; may be repeated
    #[arg(long, value_parser = spec)]
    pub spec: Vec<Spec>,
    /// Pieces of each SKU, brought in as an adjustment of stock
    #[arg(long, default_value_t = 0)]
    pub stock: u32,
    /// Weight of a piece in grams
    #[arg(long, default_value_t = 0)]
    pub weight_grams: u32,
    /// Volume of a piece in cubic centimetres
    #[arg(long, default_value_t = 0)]
    pub volume_cm3: u32,
    /// Leave it off the shelf
    #[arg(long)]
    pub off_sale: bool,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// In the discount zone, or out of it.
#[derive(Debug, Args)]
pub struct SetDiscount {
    /// Id of the product
    pub product: u64,
    /// Per cent off, such as 15 or 12.5; 0 takes it out of the zone
    #[arg(long, value_parser = basis_points)]
    pub percent: u16,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// In the hot zone, or out of it.
#[derive(Debug, Args)]
pub struct SetHot {
    /// Id of the product
    pub product: u64,
    /// Whether it belongs there
    #[arg(action = clap::ArgAction::Set)]
    pub hot: bool,
    /// Its weight in the zones' order, highest first; unchanged if it is not said
    #[arg(long, allow_negative_numbers = true)]
    pub sort_order: Option<i32>,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// A weight in the order of the zones.
#[derive(Debug, Args)]
pub struct ZoneSort {
    /// Id of the product
    pub product: u64,
    /// Highest first; 0 for a product that stands where the zone's own measure puts it
    #[arg(allow_negative_numbers = true)]
    pub weight: i32,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// Of `product category`.
#[derive(Debug, Subcommand)]
pub enum CategoryCommand {
    /// Add a category
    Add(AddCategory),
}

/// A category to add.
#[derive(Debug, Args)]
pub struct AddCategory {
    /// Name of the category
    #[arg(long)]
    pub name: String,
    /// The category above it; none for the first level
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub parent: Option<u64>,
    /// Its place among those beside it, lowest first
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub sort_order: i32,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// Of `product brand`.
#[derive(Debug, Subcommand)]
pub enum BrandCommand {
    /// Add a brand
    Add(AddBrand),
}

/// A brand to add.
#[derive(Debug, Args)]
pub struct AddBrand {
    /// Name of the brand
    #[arg(long)]
    pub name: String,
    /// Address of its picture
    #[arg(long)]
    pub logo_url: Option<String>,
    /// Its place in the list of brands, lowest first
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub sort_order: i32,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

fn spec(text: &str) -> Result<Spec, String> {
    let (name, values) = text.split_once('=').ok_or("a name and its values are wanted, such as 颜色=黑色,白色")?;
    Ok(Spec { name: name.trim().to_owned(), values: values.split(',').map(|value| value.trim().to_owned()).collect() })
}

/// Per cent with two decimals at most, without floats.
fn basis_points(text: &str) -> Result<u16, String> {
    let wanted = || "per cent from 0 to 100 with two decimals at most are wanted, such as 15 or 12.5".to_owned();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 2 || !part.bytes().all(|digit| digit.is_ascii_digit()) || !whole.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(wanted());
    }
    let whole: u32 = whole.parse().map_err(|_| wanted())?;
    let part: u32 = format!("{part:0<2}").parse().map_err(|_| wanted())?;
    whole.checked_mul(100).and_then(|points| u16::try_from(points + part).ok()).filter(|points| *points <= 10_000).ok_or_else(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_become_basis_points() {
        assert_eq!(["0", "15", "12.5", "0.01", "100"].map(basis_points), [Ok(0), Ok(1_500), Ok(1_250), Ok(1), Ok(10_000)]);
        for bad in ["", "-1", "100.01", "1.234", "1.x", "x", "+1", "99999999999"] {
            assert!(basis_points(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_spec_has_a_name_and_values() {
        assert_eq!(spec("颜色=黑色, 白色"), Ok(Spec { name: "颜色".into(), values: vec!["黑色".into(), "白色".into()] }));
        assert!(spec("颜色").is_err());
    }
}
