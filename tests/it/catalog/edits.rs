//! What other processes write, as shoppers see it a moment later.

use mallcore::features::catalog::edits::skus::{self, SkuChange};
use mallcore::features::catalog::edits::specs::{self, SpecEdit};
use mallcore::features::catalog::edits::{EditError, Priced, categories, labels, products, set_price, set_status};
use mallcore::features::catalog::snapshot::{Filter, Sort, Spec};
use mallcore::features::stock::adjustments;
use mallcore::platform::database::Database;
use mallcore::platform::outbox::Wanted;
use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use mallcore_actors::stock::adjustment::{Delta, Operator};
use mallcore_actors::values::discount::DiscountRate;
use mallcore_actors::values::text::Text;

use super::running::Running;
use crate::api::app::until;
use crate::database::events::stage;
use crate::database::scratch;
use crate::outbox::repository::at;

fn name<const MOST: usize>(text: &str) -> Text<MOST> {
    Text::parse(text).unwrap()
}

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn sku(values: &[&str], price: u64) -> products::NewSku {
    let spec_values = values.iter().map(ToString::to_string).collect();
    products::NewSku { spec_values, code: None, picture: None, weight_grams: 120, volume_cm3: 30, price: fen(price) }
}

fn shirt(category: u64, brand: u64, tags: Vec<u64>) -> products::NewProduct {
    let spec = |name: &str, values: &[&str]| Spec { name: name.into(), values: values.iter().map(ToString::to_string).collect() };
    products::NewProduct {
        name: name("衬衫"),
        about: products::About {
            description: "棉".into(),
            category: Some(category),
            brand: Some(brand),
            images: vec!["/images/shirt.svg".into()],
            tags,
            ..products::About::default()
        },
        specs: vec![spec("颜色", &["白", "黑"]), spec("尺码", &["M"])],
        skus: vec![sku(&["白", "M"], 9_900), sku(&["黑", "M"], 8_800)],
        on_sale: true,
    }
}

async fn versions(database: &Database) -> i64 {
    let mut tx = database.snapshot().await.unwrap();
    tx.first("SELECT COUNT(*) FROM outbox", Vec::new()).await.unwrap().unwrap().int(0).unwrap()
}

#[actix_web::test]
async fn what_another_process_writes_is_shown() {
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        let running = Running::open(scratch).await;
        let database = &running.scratch.database;
        let (women, _) = categories::create(database, &name("女装"), None, 0, at(1)).await.unwrap();
        let (shirts, _) = categories::create(database, &name("衬衫"), Some(women), 0, at(1)).await.unwrap();
        let (brand, _) = labels::create_brand(database, &name("云雀衣"), None, 0, at(1)).await.unwrap();
        let (tag, _) = labels::tag(database, &name("新品"), at(1)).await.unwrap();
        let created = products::create(database, &shirt(shirts, brand, vec![tag]), at(2)).await.unwrap();
        let id = created.product.get();
        running.shows("the product is there", id, |entry| entry.product.skus.len() == 2).await;
        let now = running.catalog.current().unwrap();
        let detail: serde_json::Value = serde_json::from_slice(&now.product(id).unwrap().detail(&now.taxonomy).body).unwrap();
        assert_eq!(
            (&detail["price_fen"], &detail["is_sold_out"], &detail["tags"]),
            (&8_800.into(), &true.into(), &serde_json::json!(["新品"]))
        );
        assert_eq!(detail["specs"][0], serde_json::json!({ "name": "颜色", "values": ["白", "黑"] }));
        assert_eq!((&detail["skus"][1]["spec"], &detail["skus"][1]["spec_values"]), (&"黑 / M".into(), &serde_json::json!(["黑", "M"])));
        assert_eq!((&detail["category_path"][0]["name"], &detail["brand"]["name"]), (&"女装".into(), &"云雀衣".into()));
        let of_women = Filter { category: Some(women), ..Filter::default() };
        assert_eq!(now.ids(of_women, Sort::Newest), [id]);

        let rate = DiscountRate::from_basis_points(1_250).unwrap();
        products::set_discount(database, id, Some(rate), at(3)).await.unwrap().unwrap();
        assert_eq!(products::set_discount(database, id, Some(rate), at(3)).await.unwrap(), None, "it is there already");
        running.shows("the discount is there", id, |entry| entry.product.shown_price() == fen(7_700)).await;
        set_price(database, Priced::Product(id), fen(10_000), &Operator::parse("小王").unwrap(), at(4)).await.unwrap();
        running.shows("the new price is there", id, |entry| entry.product.shown_price() == fen(8_750)).await;
        products::set_discount(database, id, None, at(5)).await.unwrap().unwrap();
        products::set_hot(database, id, true, at(5)).await.unwrap().unwrap();
        products::set_sort_order(database, id, -3, at(5)).await.unwrap().unwrap();
        running
            .shows("it is hot", id, |entry| entry.product.is_hot && entry.product.sort_order == -3 && entry.product.discount.is_none())
            .await;

        let (added, _) = skus::add(database, id, &sku(&["白", "L"], 5_000), at(6)).await.unwrap();
        running.shows("the SKU is there", id, |entry| entry.sku(added).is_some() && entry.product.shown_price() == fen(5_000)).await;
        assert_eq!(running.catalog.sku(added).unwrap().product.id, created.product);
        let about = products::About { description: "亚麻".into(), brand: Some(brand), ..products::About::default() };
        products::update(database, id, &name("长袖衬衫"), &about, at(7)).await.unwrap();
        running.shows("it has another name", id, |entry| &*entry.product.name == "长袖衬衫" && entry.product.tags.is_empty()).await;
        set_status(database, id, false, &Operator::parse("小王").unwrap(), at(8)).await.unwrap();
        running.shows("it is off the shelf", id, |entry| !entry.product.on_sale).await;
        assert_eq!(running.catalog.card(id), None);
        running.stop().await;
    }
}

#[actix_web::test]
async fn skus_and_specs_of_a_product_are_edited_as_shoppers_see_them() {
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        let running = Running::open(scratch).await;
        let database = &running.scratch.database;
        let (category, _) = categories::create(database, &name("女装"), None, 0, at(1)).await.unwrap();
        let (brand, _) = labels::create_brand(database, &name("云雀衣"), None, 0, at(1)).await.unwrap();
        let created = products::create(database, &shirt(category, brand, Vec::new()), at(2)).await.unwrap();
        let id = created.product.get();
        let [white, black] = created.skus[..] else { unreachable!() };
        running.shows("the product is there", id, |entry| entry.product.skus.len() == 2).await;

        let edit = async |edit: SpecEdit| specs::edit(database, id, &edit, at(3)).await;
        let (colour, size) = (|| "颜色".to_owned(), || "尺码".to_owned());
        edit(SpecEdit::RenameValue { name: colour(), value: "白".into(), to: "米白".into() }).await.unwrap().unwrap();
        edit(SpecEdit::AddValue { name: size(), value: "L".into() }).await.unwrap().unwrap();
        edit(SpecEdit::Rename { name: size(), to: "码数".into() }).await.unwrap().unwrap();
        edit(SpecEdit::Order { names: vec!["码数".into(), colour()] }).await.unwrap().unwrap();
        assert_eq!(edit(SpecEdit::Order { names: vec!["码数".into(), colour()] }).await.unwrap(), None, "it is so already");
        running
            .shows("SKUs follow their specs", id, |entry| {
                let specs: Vec<_> = entry.product.specs.iter().map(|spec| (&*spec.name, spec.values.join(","))).collect();
                let expected = [("码数", "M,L".to_owned()), ("颜色", "米白,黑".to_owned())];
                specs == expected && entry.sku(white).is_some_and(|(sku, _)| &*sku.spec == "M / 米白") && entry.sku(black).is_some()
            })
            .await;

        let change = SkuChange {
            code: Some(Some(name("SH-01"))),
            picture: Some(Some("/images/white.svg".into())),
            spec_values: Some(vec!["L".into(), "米白".into()]),
            weight_grams: Some(140),
            ..SkuChange::default()
        };
        skus::change(database, white, &change, at(4)).await.unwrap().unwrap();
        assert_eq!(skus::change(database, white, &change, at(4)).await.unwrap(), None, "it is so already");
        running
            .shows("the SKU is another", id, |entry| {
                entry.sku(white).is_some_and(|(sku, _)| {
                    let shown = (&*sku.spec, sku.code.as_deref(), sku.picture.as_deref(), sku.weight_grams, sku.volume_cm3);
                    shown == ("L / 米白", Some("SH-01"), Some("/images/white.svg"), 140, 30)
                })
            })
            .await;
        let off = |on_sale| SkuChange { on_sale: Some(on_sale), ..SkuChange::default() };
        skus::change(database, black, &off(false), at(5)).await.unwrap().unwrap();
        running.shows("the cheaper one is off the shelf", id, |entry| entry.product.shown_price() == fen(9_900)).await;
        let price = || async {
            let mut tx = database.snapshot().await.unwrap();
            tx.first("SELECT price_fen FROM products WHERE id = ?", vec![id.into()]).await.unwrap().unwrap().count(0).unwrap()
        };
        assert_eq!(price().await, 9_900, "the row says what shoppers see");
        skus::change(database, black, &off(true), at(5)).await.unwrap().unwrap();
        let bare = SkuChange { code: Some(None), picture: Some(None), ..SkuChange::default() };
        skus::change(database, white, &bare, at(5)).await.unwrap().unwrap();
        running
            .shows("both are there, one without its own picture", id, |entry| {
                entry.product.shown_price() == fen(8_800)
                    && entry.sku(white).is_some_and(|(sku, _)| sku.picture.is_none() && sku.code.is_none())
            })
            .await;
        skus::remove(database, black, at(6)).await.unwrap();
        running.shows("it is gone", id, |entry| entry.sku(black).is_none() && entry.product.shown_price() == fen(9_900)).await;
        assert!(running.catalog.sku(black).is_none());
        running.stop().await;
    }
}

#[tokio::test]
async fn a_sku_with_a_past_is_not_removed_and_wrong_edits_are_named() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        stage(database).await;
        let (category, _) = categories::create(database, &name("女装"), None, 0, at(1)).await.unwrap();
        let (brand, _) = labels::create_brand(database, &name("云雀衣"), None, 0, at(1)).await.unwrap();
        let created = products::create(database, &shirt(category, brand, Vec::new()), at(2)).await.unwrap();
        let id = created.product.get();
        let [white, black] = created.skus[..] else { unreachable!() };
        let before = versions(database).await;
        let set = async |columns: &str| {
            let mut tx = database.begin().await.unwrap();
            tx.execute(format!("UPDATE skus SET {columns} WHERE id = ?"), vec![white.get().into()]).await.unwrap();
            tx.commit().await.unwrap();
        };
        let removed = async || skus::remove(database, white, at(3)).await.map_err(|refused| refused.to_string());
        for (columns, said) in [
            ("available = 1", "has stock"),
            ("available = 0, held = 1", "has orders"),
            ("held = 0, sold = 1", "has orders"),
            ("sold = 0, version = 9", "has had stock or orders"),
            ("version = 0, last_adjustment_id = 9", "has had stock or orders"),
        ] {
            set(columns).await;
            let refused = removed().await.unwrap_err();
            assert_eq!(refused, format!("SKU {white} {said}: it cannot be removed, only taken off the shelf"));
        }
        set("last_adjustment_id = 0").await;
        let asked = adjustments::ask(database, white, Wanted::By(Delta::new(5).unwrap()), name("开业"), name("小王"), at(3)).await;
        asked.unwrap();
        assert!(removed().await.unwrap_err().contains("has had stock or orders"), "its first pieces are on their way");
        skus::remove(database, black, at(3)).await.unwrap();
        let another = products::create(database, &shirt(category, brand, Vec::new()), at(2)).await.unwrap();
        skus::remove(database, another.skus[0], at(3)).await.unwrap();
        let last = skus::remove(database, another.skus[1], at(3)).await.unwrap_err();
        assert!(last.to_string().contains("is the only one of its product"), "{last}");
        let written = versions(database).await;
        assert_eq!(written, before + 4, "the request, the product, and two SKUs less");

        let change = async |change: SkuChange| skus::change(database, white, &change, at(4)).await.unwrap_err();
        let unfit = change(SkuChange { spec_values: Some(vec!["白".into()]), ..SkuChange::default() }).await;
        assert!(matches!(unfit, EditError::Invalid { field: "spec_values", .. }), "{unfit}");
        let unknown = change(SkuChange { spec_values: Some(vec!["绿".into(), "M".into()]), ..SkuChange::default() }).await;
        assert!(matches!(unknown, EditError::Invalid { field: "spec_values", .. }), "{unknown}");
        let picture = change(SkuChange { picture: Some(Some(" ".into())), ..SkuChange::default() }).await;
        assert!(matches!(picture, EditError::Invalid { field: "picture", .. }), "{picture}");
        let taken = skus::add(database, id, &sku(&["白", "M"], 1), at(4)).await.unwrap_err();
        assert!(matches!(taken, EditError::Invalid { field: "spec_values", .. }), "{taken}");
        let missing = SkuId::new(987_654).unwrap();
        assert!(matches!(skus::remove(database, missing, at(4)).await, Err(EditError::UnknownSku(sku)) if sku == missing));
        let none = specs::edit(database, 987_654, &SpecEdit::Remove { name: "颜色".into() }, at(4)).await;
        assert!(matches!(none, Err(EditError::UnknownProduct(987_654))));
        let same = specs::edit(database, id, &SpecEdit::AddValue { name: "颜色".into(), value: "白".into() }, at(4)).await;
        assert!(matches!(same, Err(EditError::Invalid { field: "specs", .. })));
        assert_eq!(versions(database).await, written, "a refusal changes nothing");
    }
}

#[actix_web::test]
async fn a_category_moves_with_all_below_it_and_hides_them() {
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        let running = Running::open(scratch).await;
        let database = &running.scratch.database;
        let mut made = Vec::new();
        for (label, parent) in [("甲", None), ("乙", None), ("丙", Some(0)), ("丁", Some(1))] {
            let parent = parent.map(|place: usize| made[place]);
            made.push(categories::create(database, &name(label), parent, 0, at(1)).await.unwrap().0);
        }
        let [first, second, third, fourth] = made[..] else { unreachable!() };
        let moved = async |id, parent| categories::set_parent(database, id, parent, at(2)).await;
        let is_invalid = |refused: EditError| matches!(refused, EditError::Invalid { field: "parent", .. });
        assert!(is_invalid(moved(second, Some(fourth)).await.unwrap_err()), "below itself");
        moved(second, Some(first)).await.unwrap().unwrap();
        assert!(is_invalid(categories::create(database, &name("戊"), Some(fourth), 0, at(2)).await.unwrap_err()), "a fourth level");
        assert!(is_invalid(moved(second, Some(third)).await.unwrap_err()), "what is below it would be on a fourth level");
        let until_path = async |wanted: &[u64]| {
            let last = *wanted.last().unwrap();
            until("the path is as wanted", async || {
                let now = running.catalog.current().unwrap();
                now.taxonomy.path(last).iter().map(|row| row.id).collect::<Vec<_>>() == wanted
            })
            .await;
        };
        until_path(&[first, second, fourth]).await;
        moved(fourth, Some(third)).await.unwrap().unwrap();
        until_path(&[first, third, fourth]).await;
        let mut tx = database.snapshot().await.unwrap();
        let row = tx.first("SELECT path, level FROM categories WHERE id = ?", vec![fourth.into()]).await.unwrap().unwrap();
        assert_eq!((row.text(0).unwrap(), row.int(1).unwrap()), (format!("/{first}/{third}/{fourth}/"), 3));
        tx.commit().await.unwrap();
        categories::set_shown(database, third, false, at(4)).await.unwrap();
        let is_hidden = async || running.catalog.current().unwrap().taxonomy.category(fourth).is_none();
        until("what is below a hidden category is hidden", is_hidden).await;
        let written = versions(database).await;
        assert_eq!(moved(third, Some(first)).await.unwrap(), None);
        assert_eq!(versions(database).await, written, "what changes nothing tells nobody");
        running.stop().await;
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        stage(database).await;
        let check = async |new: products::NewProduct, field: &str| {
            let refused = products::create(database, &new, at(1)).await.unwrap_err();
            let named = match refused {
                EditError::Invalid { field, .. } | EditError::Unknown { field, .. } => field,
                other => panic!("{other}"),
            };
            assert_eq!(named, field);
        };
        let good = || products::NewProduct { about: products::About::default(), ..shirt(1, 1, vec![]) };
        check(products::NewProduct { skus: vec![], ..good() }, "skus").await;
        check(products::NewProduct { skus: vec![sku(&["红", "M"], 1)], ..good() }, "skus").await;
        check(products::NewProduct { skus: vec![sku(&["白", "M"], 1), sku(&["白", "M"], 2)], ..good() }, "skus").await;
        check(products::NewProduct { specs: vec![Spec { name: "颜色".into(), values: vec![] }], ..good() }, "specs").await;
        let about = products::About { category: Some(999_999), ..products::About::default() };
        check(products::NewProduct { about, ..good() }, "category").await;
        let about = products::About { tags: vec![999_999], ..products::About::default() };
        check(products::NewProduct { about, ..good() }, "tag").await;
        let about = products::About { images: vec![" ".into()], ..products::About::default() };
        check(products::NewProduct { about, ..good() }, "images").await;
        labels::create_brand(database, &name("云雀衣"), None, 0, at(1)).await.unwrap();
        let again = labels::create_brand(database, &name("云雀衣"), None, 0, at(1)).await;
        assert!(matches!(again, Err(EditError::Invalid { field: "name", .. })));
        assert_eq!(versions(database).await, 1, "nothing else was written");
    }
}
