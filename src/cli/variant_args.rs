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

/// Of `product spec`: what the SKUs of a product differ in.
#[derive(Debug, Args)]
pub struct SpecArgs {
    /// Id of the product
    pub product: u64,
    /// What changes in the specs
    #[command(subcommand)]
    pub change: SpecChange,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// What changes about the specs of a product.
#[derive(Debug, Clone, Subcommand)]
pub enum SpecChange {
    /// Add a spec, of which all SKUs that are there have this value
    Add {
        /// What the SKUs will differ in, such as 尺码
        name: String,
        /// The value of those that are there
        value: String,
    },
    /// Give a spec another name
    Rename {
        /// Name of the spec, such as 颜色
        name: String,
        /// Its new name
        to: String,
    },
    /// Remove a spec that the SKUs are different without
    Remove {
        /// Name of the spec, such as 颜色
        name: String,
    },
    /// Put the specs in an order
    Order {
        /// All of them
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Add a value to a spec
    AddValue {
        /// Name of the spec, such as 颜色
        name: String,
        /// Value of that spec, such as 黑色
        value: String,
    },
    /// Give a value another text, which the SKUs that have it follow
    RenameValue {
        /// Name of the spec, such as 颜色
        name: String,
        /// Value of that spec, such as 黑色
        value: String,
        /// Its new text
        to: String,
    },
    /// Remove a value that no SKU has
    RemoveValue {
        /// Name of the spec, such as 颜色
        name: String,
        /// Value of that spec, such as 黑色
        value: String,
    },
    /// Put the values of a spec in an order
    OrderValues {
        /// Name of the spec, such as 颜色
        name: String,
        /// All of its values
        #[arg(required = true)]
        values: Vec<String>,
    },
}
