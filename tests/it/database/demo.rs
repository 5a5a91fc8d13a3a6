//! The demo shop fills an empty database only, and what it fills can be listed and sold.

use mallcore::demo::seed::{SeedError, SeedOptions, seed};
use mallcore::features::catalog::{self, ProductQuery};
use mallcore::features::seckill;
use mallcore::reconcile::reconcile;
use mallcore_actors::time::Timestamp;

use super::events::START;
use super::scratch;

fn now() -> Timestamp {
    Timestamp::from_millis(START)
}

fn all() -> ProductQuery {
    ProductQuery { category: None, keyword: None, after: None, size: 100 }
}

#[tokio::test]
async fn the_demo_shop_has_shelves_and_one_running_sale() {
    for scratch in scratch::both().await {
        let seeded =
            seed(&scratch.database, SeedOptions { flash_stock: 77, flash_limit: 2, ..SeedOptions::default() }, now()).await.unwrap();
        assert!(seeded.products >= 200);
        let categories = catalog::repository::categories(&scratch.database).await.unwrap();
        assert_eq!(
            (1..=3).map(|level| categories.iter().filter(|category| category.level == level).count()).collect::<Vec<_>>(),
            [5, 15, 45]
        );
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
async fn products_are_found_by_category_word_and_page() {
    for scratch in scratch::both().await {
        let seeded = seed(&scratch.database, SeedOptions::default(), now()).await.unwrap();
        let (mut query, mut found) = (all(), Vec::new());
        loop {
            let page = catalog::products(&scratch.database, query.clone()).await.unwrap();
            found.extend(page.items.iter().map(|product| product.id));
            query.after = page.next;
            if page.next.is_none() {
                break;
            }
        }
        assert_eq!(found, (1..=seeded.products).rev().collect::<Vec<_>>());
        for (category, products) in [(1, 45), (11, 15), (111, 5), (999, 0)] {
            let page = catalog::products(&scratch.database, ProductQuery { category: Some(category), ..all() }).await.unwrap();
            assert_eq!(page.items.len(), products, "category {category}");
        }
        let page =
            catalog::products(&scratch.database, ProductQuery { keyword: Some("pro".into()), category: Some(11), ..all() }).await.unwrap();
        assert_eq!(page.items.len(), 3, "letter case does not matter");
        let none = catalog::products(&scratch.database, ProductQuery { keyword: Some("%".into()), ..all() }).await.unwrap();
        assert_eq!(none.items.len(), 0, "a per cent sign is a sign");
        let product = catalog::product(&scratch.database, 1).await.unwrap().unwrap();
        assert_eq!(product.skus.len(), 3);
        assert!(catalog::product(&scratch.database, 999_999).await.unwrap().is_none());
    }
}
