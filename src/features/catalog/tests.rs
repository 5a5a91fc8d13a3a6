//! Lists of the snapshot against a naive filter and a full sort, after any changes in any order.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use mallcore_actors::ids::{ProductId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::orders::fold::counts::Moved;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;
use proptest::prelude::*;

use super::handle::Catalog;
use super::model::{BrandRow, CategoryRow, TagRow};
use super::repository::{Filed, Read};
use super::snapshot::{Entry, Filter, Product, Rating, Sku, Snapshot, Sort, Start, Taxonomy, Zone};

fn product(id: u64, look: &Look) -> Product {
    let price = Money::from_fen(look.price).unwrap();
    let sku = Sku {
        id: SkuId::new(id).unwrap(),
        spec: "".into(),
        spec_values: Box::default(),
        code: None,
        picture: None,
        weight_grams: 0,
        volume_cm3: 0,
        price,
        on_sale: true,
    };
    Product {
        id: ProductId::new(id).unwrap(),
        name: format!("商品{id}").into(),
        description: "".into(),
        category: (look.category > 0).then_some(look.category),
        brand: (look.brand > 0).then_some(look.brand),
        price,
        compared_price: None,
        discount: look.discount.then(|| DiscountRate::from_basis_points(5_000).unwrap()),
        is_hot: look.hot,
        sort_order: 0,
        on_sale: look.on_sale,
        images: Box::default(),
        specs: Box::default(),
        tags: look.tags.clone().into(),
        freight_template: None,
        created_at: Timestamp::from_millis(look.created),
        updated_at: Timestamp::from_millis(look.created),
        skus: Box::new([sku]),
    }
}

#[derive(Debug, Clone)]
struct Look {
    price: u64,
    category: u64,
    brand: u64,
    tags: Vec<u64>,
    discount: bool,
    hot: bool,
    on_sale: bool,
    created: u64,
}

#[derive(Debug, Clone)]
enum Step {
    Put(u64, Look),
    Remove(u64),
    Sell(u64, i64),
    /// Where the three categories of the lower levels are, and which is hidden.
    File(Option<u64>, Option<u64>, u64),
}

fn look() -> impl Strategy<Value = Look> {
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8));
    (1..6u64, 0..5u64, 0..3u64, prop::collection::btree_set(1..4u64, 0..3), flags, 0..3u64).prop_map(
        |(price, category, brand, tags, (discount, hot, on_sale), created)| {
            let tags = tags.into_iter().collect();
            Look { price: price * 100, category, brand, tags, discount, hot, on_sale, created: 1_000 + created }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let parent = || prop::option::of(1..5u64);
    prop_oneof![
        6 => (1..30u64, look()).prop_map(|(id, look)| Step::Put(id, look)),
        1 => (1..30u64).prop_map(Step::Remove),
        4 => (1..30u64, -2..5i64).prop_map(|(id, pieces)| Step::Sell(id, pieces)),
        1 => (parent(), parent(), 0..6u64).prop_map(|(two, three, hidden)| Step::File(two, three, hidden)),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let zone = prop::option::of(prop_oneof![Just(Zone::Discount), Just(Zone::Hot)]);
    let price = || prop::option::of(0..600u64);
    (prop::option::of(1..6u64), prop::option::of(1..4u64), prop::option::of(1..5u64), zone, price(), price())
        .prop_map(|(category, brand, tag, zone, price_min, price_max)| Filter { category, brand, tag, zone, price_min, price_max })
}

/// Categories 1 to 4; 2 and 3 are where the step says.
fn filed(two: Option<u64>, three: Option<u64>, hidden: u64) -> Filed {
    let row = |id: u64, parent: Option<u64>| CategoryRow {
        id,
        parent: parent.filter(|parent| *parent != id),
        name: format!("分类{id}"),
        icon_url: None,
        sort_order: 0,
        is_shown: id != hidden,
    };
    Filed {
        categories: vec![row(1, None), row(2, two), row(3, three), row(4, Some(1))],
        brands: (1..3).map(|id| BrandRow { id, name: format!("品牌{id}"), logo_url: None, sort_order: 0, is_shown: true }).collect(),
        tags: (1..4).map(|id| TagRow { id, name: format!("标签{id}") }).collect(),
    }
}

/// Whether a category is another or below it, by walking up; one that shoppers do not see is nowhere.
fn is_within(filed: &Filed, category: u64, wanted: u64) -> bool {
    let (mut at, mut is_found, mut steps) = (Some(category), false, 0);
    while let Some(id) = at {
        steps += 1;
        let Some(row) = filed.categories.iter().find(|row| row.id == id && row.is_shown) else { return false };
        if steps > 3 {
            return false;
        }
        is_found |= id == wanted;
        at = row.parent;
    }
    is_found
}

fn naive(snapshot: &Snapshot, filed: &Filed, filter: Filter, sort: Sort) -> Vec<u64> {
    let fits = |product: &Product| {
        let price = product.shown_price().fen();
        product.on_sale
            && filter.category.is_none_or(|wanted| product.category.is_some_and(|category| is_within(filed, category, wanted)))
            && filter.brand.is_none_or(|brand| product.brand == Some(brand))
            && filter.tag.is_none_or(|tag| product.tags.contains(&tag))
            && filter.price_min.is_none_or(|least| price >= least)
            && filter.price_max.is_none_or(|most| price <= most)
            && match filter.zone {
                None => true,
                Some(Zone::Discount) => product.discount.is_some(),
                Some(Zone::Hot) => product.is_hot,
            }
    };
    let mut all: Vec<&Arc<Entry>> = snapshot.products().filter(|entry| fits(&entry.product)).collect();
    all.sort_by_key(|entry| {
        let price = i128::from(entry.product.shown_price().fen());
        let rank = match sort {
            Sort::Newest => -i128::from(entry.product.created_at.millis()),
            Sort::PriceAsc => price,
            Sort::PriceDesc => -price,
            Sort::Sales => -i128::from(entry.count.sales()),
        };
        (rank, Reverse(entry.product.id))
    });
    all.into_iter().map(|entry| entry.product.id.get()).collect()
}

fn paged(snapshot: &Snapshot, filter: Filter, sort: Sort) -> Vec<u64> {
    let (mut ids, mut start) = (Vec::new(), Start::At(0));
    loop {
        let page = snapshot.list(filter, sort, start, 3);
        ids.extend(page.entries.iter().map(|entry| entry.product.id.get()));
        match page.next {
            Some(next) => start = Start::After(next),
            None => return ids,
        }
    }
}

/// The catalogue as it is loaded from nothing.
fn empty(filed: Filed) -> Catalog {
    let catalog = Catalog::default();
    catalog.begin_loading();
    let Filed { categories, brands, tags } = filed;
    let taxonomy = Taxonomy::new(1, categories, brands, tags);
    catalog.publish_loaded(Snapshot::empty(Arc::new(taxonomy))).unwrap();
    catalog
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_list_is_what_a_full_sort_says(steps in prop::collection::vec(step(), 1..60), filters in prop::collection::vec(filter(), 1..8)) {
        let (mut at, mut stored) = ((Some(1), Some(2), 0), BTreeMap::<u64, u64>::new());
        let catalog = empty(filed(at.0, at.1, at.2));
        for (sequence, step) in (1..).map(Sequence).zip(steps) {
            match step {
                Step::Put(id, look) => {
                    let read = Read { product: product(id, &look), sales: *stored.entry(id).or_default(), available: vec![5] };
                    catalog.publish_products(&[id], vec![read], sequence);
                }
                Step::Remove(id) => catalog.publish_products(&[id], Vec::new(), sequence),
                Step::Sell(id, pieces) => {
                    let moved = Moved { sku: SkuId::new(id).unwrap(), available: -pieces, sold: pieces };
                    catalog.counters().apply(&[(sequence, moved)]);
                    catalog.publish_counts(&[id]);
                }
                Step::File(two, three, hidden) => {
                    at = (two, three, hidden);
                    catalog.publish_filed(filed(two, three, hidden), &[1, 2, 3]);
                }
            }
            let now = catalog.current().unwrap();
            let filed = filed(at.0, at.1, at.2);
            for filter in std::iter::once(&Filter::default()).chain(&filters) {
                for sort in Sort::ALL {
                    let expected = naive(&now, &filed, *filter, sort);
                    prop_assert_eq!(now.ids(*filter, sort), expected.clone(), "{:?} {:?}", filter, sort);
                    prop_assert_eq!(paged(&now, *filter, sort), expected, "{:?} {:?} by pages", filter, sort);
                }
            }
        }
    }
}

#[test]
fn a_version_does_not_change_under_its_reader() {
    let catalog = empty(filed(Some(1), Some(2), 0));
    let look = Look { price: 1_000, category: 3, brand: 1, tags: vec![2], discount: false, hot: false, on_sale: true, created: 1 };
    let put =
        |look: &Look| catalog.publish_products(&[7], vec![Read { product: product(7, look), sales: 3, available: vec![5] }], Sequence(9));
    put(&look);
    let before = catalog.current().unwrap();
    let (card, detail) = (before.card(7).unwrap(), before.product(7).unwrap().detail(&before.taxonomy));
    put(&Look { price: 900, on_sale: false, ..look });
    let after = catalog.current().unwrap();
    assert_eq!((before.card(7).unwrap(), before.shelved()), (card, 1));
    assert_eq!(before.product(7).unwrap().detail(&before.taxonomy).etag, detail.etag);
    assert_eq!((after.card(7), after.shelved(), after.version), (None, 0, before.version + 1));
    assert_ne!(after.product(7).unwrap().detail(&after.taxonomy).etag, detail.etag);
}

#[test]
fn a_discounted_product_shows_what_is_paid_and_the_regular_price_beside_it() {
    let catalog = empty(filed(Some(1), Some(2), 0));
    let look = Look { price: 999, category: 3, brand: 1, tags: vec![2], discount: true, hot: true, on_sale: true, created: 1 };
    catalog.publish_products(&[7], vec![Read { product: product(7, &look), sales: 3, available: vec![5] }], Sequence(9));
    let now = catalog.current().unwrap();
    let card: serde_json::Value = serde_json::from_slice(&now.card(7).unwrap()).unwrap();
    assert_eq!((&card["price_fen"], &card["original_price_fen"], &card["discount_rate_bp"]), (&500.into(), &999.into(), &5_000.into()));
    assert_eq!((&card["tags"], &card["sku_id"], &card["sales_count"]), (&serde_json::json!(["标签2"]), &7.into(), &3.into()));
    let detail: serde_json::Value = serde_json::from_slice(&now.product(7).unwrap().detail(&now.taxonomy).body).unwrap();
    assert_eq!((&detail["skus"][0]["price_fen"], &detail["skus"][0]["original_price_fen"]), (&500.into(), &999.into()));
    let path: Vec<_> = detail["category_path"].as_array().unwrap().iter().map(|named| named["id"].as_u64().unwrap()).collect();
    assert_eq!((path, &detail["brand"]["name"]), (vec![1, 2, 3], &"品牌1".into()));
}

#[test]
fn a_price_to_compare_with_is_above_what_is_paid() {
    let look = Look { price: 500, category: 3, brand: 1, tags: vec![], discount: false, hot: false, on_sale: true, created: 1 };
    let fen = |fen| Some(Money::from_fen(fen).unwrap());
    let mut two = Product { compared_price: fen(800), ..product(7, &look) };
    assert_eq!((two.original_price(), two.original_price_of(two.price)), (fen(800), fen(800)));
    let dearer = Sku { id: SkuId::new(8).unwrap(), price: Money::from_fen(800).unwrap(), ..two.skus[0].clone() };
    two.skus = Box::new([two.skus[0].clone(), dearer]);
    assert_eq!(two.original_price(), None, "one of its SKUs costs as much");
    assert_eq!([500, 800, 900].map(|price| two.original_price_of(Money::from_fen(price).unwrap())), [fen(800), None, None]);
    two.discount = Some(DiscountRate::from_basis_points(5_000).unwrap());
    assert_eq!((two.shown_price().fen(), two.original_price()), (250, fen(500)), "800 at half its price is 400");
    assert_eq!(two.original_price_of(Money::from_fen(800).unwrap()), fen(800));
}

#[test]
fn a_new_name_of_a_brand_or_tag_shows_on_cards_and_details() {
    let catalog = empty(filed(Some(1), Some(2), 0));
    let look = Look { price: 999, category: 3, brand: 1, tags: vec![2], discount: false, hot: true, on_sale: true, created: 1 };
    catalog.publish_products(&[7], vec![Read { product: product(7, &look), sales: 3, available: vec![5] }], Sequence(9));
    let before = catalog.current().unwrap();
    assert!(String::from_utf8_lossy(&before.product(7).unwrap().detail(&before.taxonomy).body).contains("品牌1"));
    let mut renamed = filed(Some(1), Some(2), 0);
    (renamed.brands[0].name, renamed.tags[1].name) = ("新品牌".into(), "新标签".into());
    catalog.publish_filed(renamed, &[2]);
    let now = catalog.current().unwrap();
    let [card, detail] = [now.card(7).unwrap(), now.product(7).unwrap().detail(&now.taxonomy).body];
    assert!(String::from_utf8_lossy(&card).contains("新标签") && String::from_utf8_lossy(&detail).contains("新品牌"));
}

#[test]
fn counts_take_each_record_once_whatever_comes_first() {
    let catalog = empty(filed(Some(1), Some(2), 0));
    let moved = |available, sold| Moved { sku: SkuId::new(7).unwrap(), available, sold };
    // Records 3 to 6 come before the SKU is known; its rows have those up to 4.
    let early: Vec<_> = (3..=6).map(|sequence| (Sequence(sequence), moved(-1, 1))).collect();
    catalog.counters().apply(&early);
    assert_eq!(catalog.counters().available(SkuId::new(7).unwrap()), None);
    let look = Look { price: 999, category: 3, brand: 1, tags: vec![], discount: false, hot: false, on_sale: true, created: 1 };
    let read = || Read { product: product(7, &look), sales: 10, available: vec![50] };
    catalog.publish_products(&[7], vec![read()], Sequence(4));
    let counts = || (catalog.counters().available(SkuId::new(7).unwrap()), catalog.counters().sales(7));
    assert_eq!(counts(), (Some(48), Some(12)));
    catalog.counters().apply(&[(Sequence(7), moved(-3, 3))]);
    assert_eq!(counts(), (Some(45), Some(15)));
    // A product that is edited keeps its live counts, whatever its rows say by then.
    catalog.publish_products(&[7], vec![read()], Sequence(4));
    assert_eq!(counts(), (Some(45), Some(15)));
    catalog.counters().rate(7, Rating { count: 3, stars: 14 });
    catalog.publish_counts(&[7]);
    let card: serde_json::Value = serde_json::from_slice(&catalog.current().unwrap().card(7).unwrap()).unwrap();
    assert_eq!((&card["review_count"], &card["rating_tenths"], &card["sales_count"]), (&3.into(), &47.into(), &15.into()));
}

#[test]
fn what_changes_while_everything_is_loaded_is_read_again() {
    let catalog = Catalog::default();
    assert!(catalog.current().is_err(), "warming");
    catalog.begin_loading();
    catalog.miss(crate::platform::outbox::Topic::Product, &[7]);
    let loaded = Snapshot::empty(Arc::new(Taxonomy::new(1, Vec::new(), Vec::new(), Vec::new())));
    let (loaded, missed) = *catalog.publish_loaded(loaded).unwrap_err();
    assert!(missed.products.contains(&7) && catalog.current().is_err());
    catalog.publish_loaded(loaded).unwrap();
    assert!(catalog.current().is_ok());
}

/// Bytes that the process has in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// Prints what ADR 0025 says: run it alone, with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
#[expect(clippy::print_stdout, reason = "it prints what it measures")]
fn weigh() {
    const PRODUCTS: u64 = 100_000;
    let look = |id: u64| Look {
        price: 100 + id * 7919 % 100_000,
        category: 1 + id % 4,
        brand: 1 + id % 2,
        tags: vec![1 + id % 3],
        discount: id.is_multiple_of(10),
        hot: id.is_multiple_of(7),
        on_sale: !id.is_multiple_of(20),
        created: id * 7907 % 1_000_003,
    };
    let read = |id: u64| {
        let mut product = product(id, &look(id));
        product.description = "一段说明。".repeat(20).into();
        product.images = vec![format!("/images/products/{id}-1.svg"), format!("/images/products/{id}-2.svg")].into();
        let mut second = product.skus[0].clone();
        second.id = SkuId::new(PRODUCTS + id).unwrap();
        product.skus = Box::new([product.skus[0].clone(), second]);
        Read { product, sales: id * 31 % 1_009, available: vec![5, 6] }
    };
    let (catalog, before, began) = (empty(filed(Some(1), Some(2), 0)), resident(), std::time::Instant::now());
    let ids: Vec<u64> = (1..=PRODUCTS).collect();
    catalog.publish_products(&ids, ids.iter().map(|id| read(*id)).collect(), Sequence(1));
    let loaded = began.elapsed();
    println!("{PRODUCTS} products in {loaded:?}: {} MiB", (resident() - before) >> 20);
    let time = |what: &str, times: u32, step: &mut dyn FnMut(u64)| {
        let began = std::time::Instant::now();
        (0..u64::from(times)).for_each(step);
        println!("{what}: {:?}", began.elapsed() / times);
    };
    time("one product edited", 50, &mut |turn| catalog.publish_products(&[turn * 997 + 1], vec![read(turn * 997 + 1)], Sequence(2)));
    time("64 products edited at once", 20, &mut |turn| {
        let ids: Vec<u64> = (1..=64).map(|place| turn * 997 + place * 13).collect();
        catalog.publish_products(&ids, ids.iter().map(|id| read(*id)).collect(), Sequence(3));
    });
    time("one product sold", 50, &mut |turn| {
        let moved = Moved { sku: SkuId::new(turn + 1).unwrap(), available: -1, sold: 1 };
        catalog.counters().apply(&[(Sequence(10 + turn), moved)]);
        catalog.publish_counts(&[turn + 1]);
    });
    time("a brand renamed", 5, &mut |_| catalog.publish_filed(filed(Some(1), Some(2), 0), &[]));
    let now = catalog.current().unwrap();
    let filter = Filter { category: Some(2), zone: Some(Zone::Hot), ..Filter::default() };
    time("a list that was not asked for before", 1, &mut |_| assert!(now.list(filter, Sort::Sales, Start::At(0), 20).total > 0));
    let ranged = Filter { price_min: Some(50_000), ..filter };
    time("a list with a range of prices", 50, &mut |_| assert!(now.list(ranged, Sort::PriceAsc, Start::At(40), 20).total > 0));
    time("a page of a known list", 10_000, &mut |_| assert!(!now.list(filter, Sort::Sales, Start::At(40), 20).body().is_empty()));
    time("a detail", 10_000, &mut |turn| assert!(!now.product(turn + 1).unwrap().detail(&now.taxonomy).body.is_empty()));
}
