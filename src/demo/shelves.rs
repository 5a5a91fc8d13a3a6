//! Rows of the demo shop's goods. Its goods come in editions: the first is the shop that people look at, further ones are the same goods under
//! other names, for whoever wants a large shop. One edition is in memory at a time.

use mallcore_actors::time::Timestamp;

use super::goods::{Aisle, Choice, DEPARTMENTS, Department, LINES, brand_of, tags_of};
use super::pictures;
use super::seed::SeedOptions;
use crate::platform::database::{Arguments, Value};

/// Price in the sale, in per cent.
const SALE_PER_CENT: u64 = 60;
/// One product of so many is in the hot zone: 12 of the first edition.
const HOT_EACH: u64 = 19;

/// Goods that were made and not yet written.
#[derive(Default)]
pub(super) struct Edition {
    pub products: Vec<Arguments>,
    pub skus: Vec<Arguments>,
    pub tags: Vec<Arguments>,
    pub items: Vec<Arguments>,
}

/// How many there are of all editions so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Made {
    pub products: u64,
    pub skus: u64,
    pub items: u64,
}

/// Makes the goods.
pub(super) struct Shelves {
    options: SeedOptions,
    now: Value,
    pub made: Made,
    edition: u64,
    rows: Edition,
}

impl Shelves {
    pub fn new(options: SeedOptions, now: Timestamp) -> Self {
        Self { options, now: now.into(), made: Made::default(), edition: 0, rows: Edition::default() }
    }

    /// Whether there is as much as was asked for.
    fn is_enough(&self) -> bool {
        self.edition > 1 && self.is_filled()
    }

    fn is_filled(&self) -> bool {
        self.made.items >= u64::from(self.options.flash_items) && self.made.products >= u64::from(self.options.products)
    }

    /// The next edition; none once there is enough. The first is always whole, the last ends with the last product that was asked for.
    pub fn next_edition(&mut self) -> Option<Edition> {
        if self.edition >= 1 && self.is_filled() {
            return None;
        }
        self.edition += 1;
        (0..).zip(&DEPARTMENTS).for_each(|(place, department)| self.stock_department(place, department));
        Some(std::mem::take(&mut self.rows))
    }

    fn stock_department(&mut self, place: u64, department: &Department) {
        for (aisle_place, aisle) in (1..).zip(&department.aisles) {
            for shelf_place in 0..aisle.shelves.len() {
                let category = (place + 1) * 100 + aisle_place * 10 + shelf_place as u64 + 1;
                for line in 0..LINES.len() {
                    if self.is_enough() {
                        return;
                    }
                    self.shelve(place, department, aisle, (category, shelf_place, line));
                }
            }
        }
    }

    fn shelve(&mut self, place: u64, department: &Department, aisle: &Aisle, (category, shelf_place, line_place): (u64, usize, usize)) {
        let (shelf, line) = (&aisle.shelves[shelf_place], &LINES[line_place]);
        let brand = brand_of(line_place, shelf_place);
        let mut name = format!("{} {} {}", department.brands[brand], shelf.noun, line.name);
        if self.edition > 1 {
            name.push_str(&format!("（第 {} 批）", self.edition));
        }
        self.made.products += 1;
        let id = self.made.products;
        let price_fen = shelf.price_fen * line.per_cent / 100;
        let is_hot = id % HOT_EACH == 1;
        let stock = self.offer(id, &name, price_fen, aisle.choice, (category, line_place));
        self.rows.tags.extend(tags_of(line_place, shelf.noun, is_hot).into_iter().map(|tag| vec![id.into(), tag.into()]));
        let images: Vec<String> = (1..=pictures::VIEWS).map(|view| pictures::of_goods(category, line_place, view)).collect();
        let description =
            format!("{name}：{}。{}。由{}出品，支持七天无理由退货，全国包邮。", line.slogan, line.detail, department.brands[brand]);
        self.rows.products.push(vec![
            id.into(),
            name.into(),
            description.into(),
            category.into(),
            (place * 3 + brand as u64 + 1).into(),
            price_fen.into(),
            (price_fen * 120 / 100).into(),
            stock.into(),
            is_hot.into(),
            json(&images),
            specs(aisle.choice),
            // Migration 183 has made the template 包邮.
            1_u64.into(),
            self.now.clone(),
            self.now.clone(),
        ]);
    }

    /// Makes the SKUs of a product; their pieces.
    fn offer(&mut self, product: u64, name: &str, price_fen: u64, choice: &Choice, (shelf, line): (u64, usize)) -> u64 {
        let SeedOptions { flash_stock, flash_limit, flash_items, stock, .. } = self.options;
        let mut pieces = 0;
        for (place, values) in choice.skus.iter().enumerate() {
            self.made.skus += 1;
            let (sku, spec, price_fen) = (self.made.skus, values.join(" / "), price_fen * (100 + 15 * place as u64) / 100);
            let is_on_sale = self.made.items < u64::from(flash_items);
            let available = u64::from(stock) + if is_on_sale { u64::from(flash_stock) } else { 0 };
            pieces += available;
            let picture = if values.is_empty() { pictures::of_goods(shelf, line, 1) } else { pictures::of_sku(shelf, line, place) };
            self.rows.skus.push(vec![
                sku.into(),
                product.into(),
                spec.clone().into(),
                if values.is_empty() { Value::Null } else { json(values) },
                format!("{shelf}-{line}-{product}-{place}").into(),
                picture.into(),
                price_fen.into(),
                available.into(),
                self.now.clone(),
                self.now.clone(),
            ]);
            if is_on_sale {
                self.made.items += 1;
                self.rows.items.push(vec![
                    self.made.items.into(),
                    1u64.into(),
                    sku.into(),
                    (price_fen * SALE_PER_CENT / 100).into(),
                    flash_stock.into(),
                    flash_limit.into(),
                    self.now.clone(),
                    name.to_owned().into(),
                    spec.into(),
                    // As planning a sale keeps it: the product's first.
                    pictures::of_goods(shelf, line, 1).into(),
                ]);
            }
        }
        pieces
    }
}

/// What the SKUs differ in, as `products.specs` has it.
fn specs(choice: &Choice) -> Value {
    if choice.names.is_empty() {
        return Value::Null;
    }
    let specs = choice.names.iter().enumerate().map(|(place, name)| {
        let mut values: Vec<&str> = Vec::new();
        for sku in choice.skus {
            if !values.contains(&sku[place]) {
                values.push(sku[place]);
            }
        }
        serde_json::json!({ "name": name, "values": values })
    });
    serde_json::Value::from_iter(specs).to_string().into()
}

fn json<T: AsRef<str>>(texts: &[T]) -> Value {
    serde_json::Value::from_iter(texts.iter().map(AsRef::as_ref)).to_string().into()
}
