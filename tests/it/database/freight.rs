//! Freight templates in the database: what is written reads back, products that use one keep it, what checkout keeps of them.

use mallcore::features::freight::service::{self, EditError};
use mallcore::features::freight::{Draft, TemplateName, repository, usable};
use mallcore::platform::database::Database;
use mallcore_actors::ids::{FreightTemplateId, ProductId};
use mallcore_actors::money::Money;
use mallcore_actors::pricing::freight::{Area, BadTemplate, Billing, Charge, FreeFrom, Parcel, Rate, Template, Terms};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::events::START;
use super::scratch;

const NOW: Timestamp = Timestamp::from_millis(START);

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn flat(fee: u64) -> Terms {
    Terms::Delivered(Rate { first: 1, first_fee: fen(fee), next: 1, next_fee: Money::ZERO, free: FreeFrom::default() })
}

fn draft(default: Terms, areas: Vec<Area>) -> Draft {
    Draft { name: TemplateName::parse("普通快递").unwrap(), billing: Billing::Pieces, default, areas }
}

fn area(regions: &[&str], terms: Terms) -> Area {
    Area { regions: regions.iter().map(|region| region.parse().unwrap()).collect(), terms }
}

async fn stored(database: &Database, id: FreightTemplateId) -> Option<Draft> {
    let mut tx = database.snapshot().await.unwrap();
    repository::drafts(&mut tx, &[id]).await.unwrap().remove(&id).map(|(_, draft)| draft)
}

/// Kinds and bodies of the outbox's rows.
async fn told(database: &Database) -> Vec<(String, String)> {
    let mut tx = database.snapshot().await.unwrap();
    let rows = tx.all("SELECT kind, payload FROM outbox ORDER BY id", Vec::new()).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap(), row.text(1).unwrap())).collect()
}

async fn add_products(database: &Database, template: Option<FreightTemplateId>) {
    let mut tx = database.begin().await.unwrap();
    for id in 1..=2u64 {
        let text = "INSERT INTO products (id, name, price_fen, freight_template_id) VALUES (?, '杯', 100, ?)";
        tx.execute(text, vec![id.into(), template.map(FreightTemplateId::get).into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_template_lives_as_long_as_products_use_it() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let first = draft(flat(800), vec![area(&["5401", "65"], Terms::NotDelivered), area(&["44"], flat(500))]);
        let id = service::create(database, &first, NOW).await.unwrap();
        assert_eq!(stored(database, id).await, Some(first));
        let second = Draft { billing: Billing::Weight, ..draft(Terms::NotDelivered, vec![area(&["4403"], flat(600))]) };
        service::update(database, id, &second, NOW).await.unwrap();
        assert_eq!(stored(database, id).await, Some(second));

        add_products(database, None).await;
        let [product, another, missing] = [1, 2, 3].map(|id| ProductId::new(id).unwrap());
        assert!(
            matches!(service::assign(database, &[product, missing], id, NOW).await, Err(EditError::UnknownProduct(id)) if id == missing)
        );
        service::assign(database, &[another, product], id, NOW).await.unwrap();
        let used = service::delete(database, id, NOW).await;
        assert!(matches!(used, Err(EditError::InUse { products: 2, .. })), "{used:?}");
        let standard = FreightTemplateId::new(1).unwrap();
        service::assign(database, &[product, another], standard, NOW).await.unwrap();
        service::delete(database, id, NOW).await.unwrap();
        assert_eq!(stored(database, id).await, None);
        for gone in [
            service::delete(database, id, NOW).await,
            service::update(database, id, &draft(flat(1), Vec::new()), NOW).await,
            service::assign(database, &[product], id, NOW).await,
        ] {
            assert!(matches!(gone, Err(EditError::UnknownTemplate(unknown)) if unknown == id), "{gone:?}");
        }
        // Its id is never given to another template.
        let next = service::create(database, &draft(flat(1), Vec::new()), NOW).await.unwrap();
        assert!(next > id, "{next} after {id}");
        let kinds: Vec<String> = told(database).await.into_iter().map(|(kind, body)| format!("{kind} {body}")).collect();
        let template = |id: FreightTemplateId| format!("freight_template.changed {{\"id\":{id}}}");
        let products = ["product.changed {\"id\":1}", "product.changed {\"id\":2}"].map(str::to_owned);
        let expected = [template(id), template(id), products[0].clone(), products[1].clone()];
        let expected: Vec<String> = expected.into_iter().chain(products).chain([template(id), template(next)]).collect();
        assert_eq!(kinds, expected);
    }
}

#[tokio::test]
async fn what_could_not_be_reckoned_with_is_not_written() {
    for scratch in scratch::both().await {
        let twice = draft(flat(1), vec![area(&["44"], flat(2)), area(&["44"], flat(3))]);
        let refused = service::create(&scratch.database, &twice, NOW).await;
        assert!(matches!(refused, Err(EditError::Bad(BadTemplate::RegionTwice(_)))), "{refused:?}");
        let mut tx = scratch.database.snapshot().await.unwrap();
        let rows = tx.first("SELECT COUNT(*) FROM freight_templates", Vec::new()).await.unwrap().unwrap();
        assert_eq!(rows.int(0).unwrap(), 1, "the one of the migration");
        assert!(told(&scratch.database).await.is_empty());
    }
}

/// The migration's: products of before the templates keep what they had.
#[tokio::test]
async fn the_standard_template_is_free_everywhere() {
    for scratch in scratch::both().await {
        let id = FreightTemplateId::new(1).unwrap();
        let standard = stored(&scratch.database, id).await.unwrap();
        assert_eq!((standard.name.as_str(), &standard.default, &standard.areas), ("包邮", &Terms::Delivered(Rate::FREE), &Vec::new()));
        let mut tx = scratch.database.begin().await.unwrap();
        // As a database that has products when the step comes.
        tx.execute("INSERT INTO products (id, name, price_fen) VALUES (1, '杯', 100)", Vec::new()).await.unwrap();
        let step = include_str!("../../../migrations/sqlite/0185_products_have_freight.sql");
        let step = step.lines().filter(|line| !line.starts_with("--")).collect::<String>();
        tx.execute(step.trim_end_matches(';'), Vec::new()).await.unwrap();
        let row = tx.first("SELECT freight_template_id FROM products", Vec::new()).await.unwrap().unwrap();
        assert_eq!(row.int(0).unwrap(), 1);
    }
}

#[tokio::test]
async fn what_is_in_use_is_read_with_its_version() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let id = service::create(database, &draft(flat(800), Vec::new()), NOW).await.unwrap();
        let kept = async || {
            let mut tx = database.snapshot().await.unwrap();
            let all = usable(repository::in_use(&mut tx).await.unwrap());
            let fee = |template: &Template| template.charge(Parcel { pieces: 1, units: 1, amount: fen(1) }, None);
            all.get(&id).map(|kept| (kept.version, kept.template.as_deref().map(fee)))
        };
        let fee = |fee: u64| Some(Charge::Fee(fen(fee)));
        assert_eq!(kept().await, Some((NOW, fee(800))));
        // Twice within one millisecond: each edit is a version of its own.
        for (edit, price) in [(1, 900), (2, 700)] {
            service::update(database, id, &draft(flat(price), Vec::new()), NOW).await.unwrap();
            assert_eq!(kept().await, Some((NOW.plus_millis(edit), fee(price))));
        }
        service::delete(database, id, NOW).await.unwrap();
        assert_eq!(kept().await, None);
    }
}

/// More than one statement names.
#[tokio::test]
async fn however_many_templates_are_in_use_all_are_read() {
    for scratch in scratch::both().await {
        let ids = 0..450;
        for _ in ids.clone() {
            service::create(&scratch.database, &draft(flat(1), Vec::new()), NOW).await.unwrap();
        }
        let mut tx = scratch.database.snapshot().await.unwrap();
        assert_eq!(repository::in_use(&mut tx).await.unwrap().len(), ids.len() + 1, "and the one of the migration");
    }
}

fn terms() -> impl Strategy<Value = Terms> {
    let free = (prop::option::of(1..100_000_000u32), prop::option::of(1..9_999_999_999u64))
        .prop_map(|(pieces, amount)| FreeFrom { pieces, amount: amount.map(fen) });
    let fee = || (1..=100_000_000u32, 0..=9_999_999_999u64);
    let delivered = (fee(), fee(), free).prop_map(|((first, first_fee), (next, next_fee), free)| {
        Terms::Delivered(Rate { first, first_fee: fen(first_fee), next, next_fee: fen(next_fee), free })
    });
    prop_oneof![4 => delivered, 1 => Just(Terms::NotDelivered)]
}

#[test]
fn any_template_reads_back_as_it_was_written_on_both() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let scratches = runtime.block_on(scratch::both());
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let drafts = (1..=3i64, terms(), prop::collection::vec((terms(), 1..4usize), 0..6)).prop_map(|(billing, default, areas)| {
        let mut codes = 11_00..15_99u32;
        let areas = areas.into_iter().map(|(terms, regions)| {
            let regions = codes.by_ref().take(regions).map(|code| code.to_string().parse().unwrap()).collect();
            Area { regions, terms }
        });
        let areas = areas.collect();
        Draft { billing: Billing::from_number(billing).unwrap(), ..draft(default, areas) }
    });
    let outcome = runner.run(&drafts, |draft| {
        for scratch in &scratches {
            let read = runtime.block_on(async {
                let id = service::create(&scratch.database, &draft, NOW).await.unwrap();
                stored(&scratch.database, id).await
            });
            assert_eq!(read.as_ref(), Some(&draft));
        }
        Ok(())
    });
    outcome.unwrap();
}
