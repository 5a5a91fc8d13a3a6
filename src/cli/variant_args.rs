//! What the commands of SKUs and specs are told.

use clap::{ArgGroup, Args, Subcommand};
use mallcore_actors::ids::ID_MAX;

use super::args::{ProductStatus, Whose};

/// Of `product sku`. Prices are those of `product set-price sku:<id>`, stock that of `product adjust-stock`.
#[derive(Debug, Subcommand)]
pub enum SkuCommand {
    /// Add a SKU to a product that has specs; it has no stock until an adjustment brings it
    Add(AddSku),
    /// Change code, picture, spec values, weight, volume or shelf of a SKU
    Set(SetSku),
    /// Remove a SKU that never had stock or orders; any other can only be taken off the shelf
    Remove {
        /// Id of the SKU
        #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
        sku: u64,
        /// Who, and whether to wait.
        #[command(flatten)]
        whose: Whose,
    },
}

/// A SKU to add.
#[derive(Debug, Args)]
pub struct AddSku {
    /// Id of the product
    pub product: u64,
    /// Its value of a spec, one for each in the product's order; a value that is new is added to the spec
    #[arg(long, required = true)]
    pub value: Vec<String>,
    /// Price of a piece in fen
    #[arg(long)]
    pub price_fen: u64,
    /// The merchant's own number
    #[arg(long)]
    pub code: Option<String>,
    /// Address of its own picture
    #[arg(long)]
    pub picture: Option<String>,
    /// Weight of a piece in grams
    #[arg(long, default_value_t = 0)]
    pub weight_grams: u32,
    /// Volume of a piece in cubic centimetres
    #[arg(long, default_value_t = 0)]
    pub volume_cm3: u32,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// What changes of a SKU; what is not said stays.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true).args([
    "code", "no_code", "picture", "no_picture", "value", "weight_grams", "volume_cm3", "status"
])))]
pub struct SetSku {
    /// Id of the SKU
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub sku: u64,
    /// The merchant's own number
    #[arg(long)]
    pub code: Option<String>,
    /// It has no number
    #[arg(long, conflicts_with = "code")]
    pub no_code: bool,
    /// Address of its own picture
    #[arg(long)]
    pub picture: Option<String>,
    /// It has no picture of its own
    #[arg(long, conflicts_with = "picture")]
    pub no_picture: bool,
    /// Its value of a spec, one for each in the product's order
    #[arg(long)]
    pub value: Vec<String>,
    /// Weight of a piece in grams; 0 if nobody can say
    #[arg(long)]
    pub weight_grams: Option<u32>,
    /// Volume of a piece in cubic centimetres; 0 if nobody can say
    #[arg(long)]
    pub volume_cm3: Option<u32>,
    /// Whether it is on the shelf
    #[arg(long)]
    pub status: Option<ProductStatus>,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// The product whose specs change, and who changes them.
#[derive(Debug, Args)]
pub struct SpecsOf {
    /// Id of the product
    pub product: u64,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// A spec of a product.
#[derive(Debug, Args)]
pub struct OneSpec {
    /// Whose spec it is.
    #[command(flatten)]
    pub of: SpecsOf,
    /// Name of the spec, such as 尺码
    pub name: String,
}

/// A value of a spec.
#[derive(Debug, Args)]
pub struct OneValue {
    /// Whose value it is.
    #[command(flatten)]
    pub spec: OneSpec,
    /// Text of the value
    pub value: String,
}

/// Of `product spec`: what the SKUs of a product differ in.
#[derive(Debug, Subcommand)]
pub enum SpecCommand {
    /// Add a spec, of which all SKUs that are there have this value
    Add(OneValue),
    /// Give a spec another name
    Rename {
        /// Which spec it is.
        #[command(flatten)]
        spec: OneSpec,
        /// Its new name
        to: String,
    },
    /// Remove a spec that the SKUs are different without
    Remove(OneSpec),
    /// Put the specs in an order
    Order {
        /// Whose specs they are.
        #[command(flatten)]
        of: SpecsOf,
        /// All of the specs
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Add a value to a spec
    AddValue(OneValue),
    /// Give a value another text, which the SKUs that have it follow
    RenameValue {
        /// Which value it is.
        #[command(flatten)]
        value: OneValue,
        /// Its new text
        to: String,
    },
    /// Remove a value that no SKU has
    RemoveValue(OneValue),
    /// Put the values of a spec in an order
    OrderValues {
        /// Which spec it is.
        #[command(flatten)]
        spec: OneSpec,
        /// All of its values
        #[arg(required = true)]
        values: Vec<String>,
    },
}
