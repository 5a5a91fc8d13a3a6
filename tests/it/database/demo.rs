//! The demo shop fills an empty database only, and what it fills can be listed and sold.

use std::sync::Arc;

use mallcore::demo::seed::{SeedError, SeedOptions, seed};
use mallcore::features::catalog::snapshot::{Filter, Snapshot, Sort, Start};
use mallcore::features::catalog::{Catalog, load};
use mallcore::features::seckill;
use mallcore::reconcile::reconcile;
use mallcore_actors::time::Timestamp;

use super::events::START;
use super::scratch;

fn now() -> Timestamp {
    Timestamp::from_millis(START)
}

/// The catalogue as shoppers see it.
async fn catalogue(scratch: &scratch::Scratch) -> Arc<Snapshot> {
    let catalog = Catalog::default();
    load(&catalog, &scratch.database).await.unwrap();
    catalog.current().unwrap()
}

#[tokio::test]
async fn the_demo_shop_has_shelves_and_one_running_sale() {
    for scratch in scratch::both().await {
        let seeded =
            seed(&scratch.database, SeedOptions { flash_stock: 77, flash_limit: 2, ..SeedOptions::default() }, now()).await.unwrap();
        assert!(seeded.products >= 200);
        let now_shown = catalogue(&scratch).await;
        let levels: Vec<usize> = now_shown.taxonomy.categories().map(|row| now_shown.taxonomy.path(row.id).len()).collect();
        assert_eq!([1, 2, 3].map(|level| levels.iter().filter(|of| **of == level).count()), [5, 15, 45]);
        let sales = seckill::repository::activities(&scratch.database, now()).await.unwrap().value;
        let [sale] = &sales[..] else { panic!("one sale, not {sales:?}") };
        assert!(sale.starts_at <= now() && now() < sale.ends_at);
        let [item] = &sale.items[..] else { panic!("one item, not {:?}", sale.items) };
        assert_eq!((item.quota, item.limit_per_user, item.carved_at), (77, 2, None));
        let sku = mallcore::features::stock::repository::load(&scratch.database, item.sku).await.unwrap().value.unwrap();
        assert!(sku.available() > item.quota);
        assert_eq!(reconcile(&scratch.database).await.unwrap().differences, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_database_with_a_shop_in_it_is_left_alone() {
    for scratch in scratch::both().await {
        seed(&scratch.database, SeedOptions::default(), now()).await.unwrap();
        let again = seed(&scratch.database, SeedOptions::default(), now()).await;
        assert!(matches!(again, Err(SeedError::NotEmpty { table: "products", .. })), "{again:?}");
    }
}

#[tokio::test]
async fn a_thousand_flash_items_have_a_sku_each() {
    for scratch in scratch::both().await {
        let seeded = seed(&scratch.database, SeedOptions { flash_items: 1_000, ..SeedOptions::default() }, now()).await.unwrap();
        assert_eq!(seeded.flash_items, 1_000);
        let sales = seckill::repository::activities(&scratch.database, now()).await.unwrap().value;
        let mut skus: Vec<_> = sales[0].items.iter().map(|item| item.sku).collect();
        skus.dedup();
        assert_eq!(skus.len(), 1_000);
    }
}

#[tokio::test]
async fn a_large_shop_has_exactly_what_was_asked_for() {
    for scratch in scratch::both().await {
        let options = SeedOptions { products: 1_001, stock: 7, flash_stock: 5, ..SeedOptions::default() };
        let seeded = seed(&scratch.database, options, now()).await.unwrap();
        assert_eq!(seeded.products, 1_001);
        let shown = catalogue(&scratch).await;
        assert_eq!(shown.ids(Filter::default(), Sort::Newest).len(), 1_001);
        // The first SKU has what the sale takes on top.
        assert_eq!(shown.product(1).unwrap().counted.available[..], [12, 7, 7]);
        let last = shown.product(1_001).unwrap();
        assert!(last.product.name.contains("（第 5 批）") && last.product.images.len() == 4, "{:?}", last.product);
        assert!(last.counted.available.iter().all(|available| *available == 7), "{:?}", last.counted.available);
        assert_eq!(reconcile(&scratch.database).await.unwrap().differences, Vec::<String>::new());
    }
}

#[tokio::test]
async fn products_are_found_by_category_and_page() {
    for scratch in scratch::both().await {
        let seeded = seed(&scratch.database, SeedOptions::default(), now()).await.unwrap();
        let shown = catalogue(&scratch).await;
        let (mut start, mut found) = (Start::At(0), Vec::new());
        loop {
            let page = shown.list(Filter::default(), Sort::Newest, start, 100);
            found.extend(page.entries.iter().map(|entry| entry.product.id.get()));
            let Some(next) = page.next else { break };
            start = Start::After(next);
        }
        assert_eq!(found, (1..=seeded.products).rev().collect::<Vec<_>>());
        for (category, products) in [(1, 45), (11, 15), (111, 5), (999, 0)] {
            let of_category = Filter { category: Some(category), ..Filter::default() };
            assert_eq!(shown.ids(of_category, Sort::Sales).len(), products, "category {category}");
        }
        assert_eq!(shown.product(1).unwrap().product.offered().count(), 3);
        assert!(shown.product(999_999).is_none());
    }
}
