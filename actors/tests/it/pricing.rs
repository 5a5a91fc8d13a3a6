//! What a basket costs: properties of any basket, and the worked example of docs/RULES.md.

use std::sync::Arc;

use mallcore_actors::ids::{FreightTemplateId, ProductId, SkuId};
use mallcore_actors::money::{MONEY_MAX_FEN, Money};
use mallcore_actors::pricing::freight::{Area, Billing, FreeFrom, Rate, Template, Terms};
use mallcore_actors::pricing::{Basket, Line, NoPrice, Price, Quote, QuotedLine, Step, quote};
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;
use proptest::prelude::*;

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn template(id: u64, billing: Billing, default: Terms, areas: &[Area]) -> Arc<Template> {
    Arc::new(Template::new(FreightTemplateId::new(id).unwrap(), billing, default, areas).unwrap())
}

fn rate((first, first_fee): (u32, u64), (next, next_fee): (u32, u64), free: FreeFrom) -> Terms {
    Terms::Delivered(Rate { first, first_fee: fen(first_fee), next, next_fee: fen(next_fee), free })
}

fn line(sku: u64, pieces: u32, unit: u64, zone: u16, freight: Option<&Arc<Template>>) -> Line {
    let zone = DiscountRate::from_basis_points(zone).unwrap();
    Line {
        sku: SkuId::new(sku).unwrap(),
        product: ProductId::new(sku).unwrap(),
        category: None,
        quantity: Quantity::new(pieces).unwrap(),
        price: Price::Regular { unit: fen(unit), zone },
        weight_grams: 700,
        volume_cm3: 0,
        freight: freight.cloned(),
    }
}

fn basket(lines: Vec<Line>, destination: Option<&str>) -> Basket {
    Basket { lines, destination: destination.map(|code| code.parse().unwrap()), now: Timestamp::default() }
}

fn steps(quote: &Quote) -> Vec<(Step, Option<i64>)> {
    quote.explanation.iter().map(|explained| (explained.step, explained.amount_fen)).collect()
}

fn parts(line: &QuotedLine) -> [Option<u64>; 5] {
    [Some(line.goods), Some(line.zone_discount), Some(line.cost), line.freight, line.payable].map(|part| part.map(Money::fen))
}

/// The example of docs/RULES.md.
#[test]
fn the_worked_example_is_right() {
    let xinjiang = Area { regions: vec!["65".parse().unwrap()], terms: Terms::NotDelivered };
    let free_from_99 = FreeFrom { pieces: None, amount: Some(fen(9_900)) };
    let by_piece = template(1, Billing::Pieces, rate((1, 600), (1, 100), free_from_99), std::slice::from_ref(&xinjiang));
    let by_weight = template(2, Billing::Weight, rate((1_000, 1_000), (500, 300), FreeFrom::default()), &[]);
    let cup = line(7, 3, 1_999, 1_500, Some(&by_piece));
    let flash = Line { price: Price::Flash(fen(990)), ..line(8, 1, 0, 0, Some(&by_piece)) };
    let rice = line(9, 2, 2_500, 0, Some(&by_weight));
    let lines = vec![cup, flash, rice];
    let quote = quote(&basket(lines.clone(), Some("440305"))).unwrap();
    assert_eq!([quote.goods, quote.discount], [fen(11_987), fen(900)]);
    assert_eq!([quote.freight, quote.payable], [Some(fen(2_200)), Some(fen(13_287))]);
    let shown: Vec<_> = quote.lines.iter().map(parts).collect();
    assert_eq!(
        shown,
        [[5_997, 900, 5_097, 1_011, 6_108].map(Some), [990, 0, 990, 197, 1_187].map(Some), [5_000, 0, 5_000, 992, 5_992].map(Some),]
    );
    let texts: Vec<&str> = quote.explanation.iter().map(|explained| explained.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "商品共 6 件，其中 1 件为秒杀价，合计 ¥119.87。",
            "折扣专区优惠 ¥9.00。",
            "运费 ¥22.00，为 2 组商品的运费之和。",
            "应付 ¥132.87。"
        ]
    );
    let nowhere = mallcore_actors::pricing::quote(&basket(lines.clone(), Some("650102")));
    assert_eq!(nowhere, Err(NoPrice::NoDelivery([7, 8].map(|sku| SkuId::new(sku).unwrap()).to_vec())));
    let somewhere = mallcore_actors::pricing::quote(&basket(lines, None)).unwrap();
    assert_eq!((somewhere.freight, somewhere.payable, somewhere.discount), (None, None, fen(900)));
    assert_eq!(steps(&somewhere)[2..], [(Step::Freight, None), (Step::Payable, None)]);
}

#[test]
fn without_regions_freight_is_known_without_an_address() {
    let everywhere = template(1, Billing::Pieces, rate((1, 800), (1, 0), FreeFrom::default()), &[]);
    let quote = quote(&basket(vec![line(7, 2, 1_000, 0, Some(&everywhere))], None)).unwrap();
    assert_eq!(quote.payable, Some(fen(2_800)));
}

#[test]
fn sending_is_never_free_by_mistake() {
    let by_volume = template(1, Billing::Volume, Terms::Delivered(Rate::FREE), &[]);
    let lines = vec![line(7, 1, 1_000, 0, None), line(8, 1, 1_000, 0, Some(&by_volume))];
    let unknown = [7, 8].map(|sku| SkuId::new(sku).unwrap()).to_vec();
    assert_eq!(quote(&basket(lines, Some("440305"))), Err(NoPrice::FreightUnknown(unknown)));
}

#[test]
fn what_no_column_can_hold_is_refused() {
    let free = template(1, Billing::Pieces, Terms::Delivered(Rate::FREE), &[]);
    let dear = template(2, Billing::Pieces, rate((1, MONEY_MAX_FEN), (1, 0), FreeFrom::default()), &[]);
    let most = |sku, pieces, freight| line(sku, pieces, MONEY_MAX_FEN, 0, Some(freight));
    for lines in [
        vec![most(7, 2, &free)],
        vec![most(7, 1, &free), line(8, 1, 1, 0, Some(&free))],
        vec![line(7, 1, 1, 0, Some(&dear))],
        vec![
            line(7, 1, 0, 0, Some(&dear)),
            line(8, 1, 0, 0, Some(&template(3, Billing::Pieces, rate((1, 1), (1, 1), FreeFrom::default()), &[]))),
        ],
    ] {
        assert_eq!(quote(&basket(lines, None)), Err(NoPrice::TooMuch));
    }
    assert_eq!(quote(&basket(vec![most(7, 1, &free)], None)).unwrap().payable, Some(fen(MONEY_MAX_FEN)));
}

fn templates() -> impl Strategy<Value = Vec<Arc<Template>>> {
    let free = (prop::option::of(1..30u32), prop::option::of(1..500_000u64))
        .prop_map(|(pieces, amount)| FreeFrom { pieces, amount: amount.map(fen) });
    let terms = || ((1..5u32, 0..3_000u64), (1..900u32, 0..3_000u64), free.clone()).prop_map(|(first, next, free)| rate(first, next, free));
    let one = (1..=2i64, terms(), prop::option::of(terms()));
    prop::collection::vec(one, 1..4).prop_map(|all| {
        let made = all.into_iter().enumerate().map(|(place, (billing, default, south))| {
            let areas: Vec<Area> = south.map(|terms| Area { regions: vec!["44".parse().unwrap()], terms }).into_iter().collect();
            template(place as u64 + 1, Billing::from_number(billing).unwrap(), default, &areas)
        });
        made.collect()
    })
}

fn baskets() -> impl Strategy<Value = Basket> {
    let price = prop_oneof![4 => 0..100_000u64, 1 => 0..=MONEY_MAX_FEN];
    let pieces = prop_oneof![4 => 1..20u32, 1 => 1..=QUANTITY_MAX];
    let wanted = (pieces, price, 0..=10_000u16, any::<bool>(), 0..3usize, 1..50_000u32);
    let destination = prop_oneof![Just(None), Just(Some("440305")), Just(Some("110105"))];
    (templates(), prop::collection::vec(wanted, 1..12), destination).prop_map(|(templates, wanted, destination)| {
        let lines = wanted.into_iter().enumerate().map(|(place, (pieces, price, zone, is_flash, freight, weight_grams))| {
            let line = line(place as u64 + 1, pieces, price, zone, templates.get(freight % templates.len()));
            Line { price: if is_flash { Price::Flash(fen(price)) } else { line.price }, weight_grams, ..line }
        });
        basket(lines.collect(), destination)
    })
}

proptest! {
    /// Q1, Q2: `Money` has no negative amounts, so what is left to show is that nothing was clamped.
    #[test]
    fn shares_sum_to_their_totals_and_nothing_is_negative(basket in baskets()) {
        let Ok(quote) = quote(&basket) else { return Ok(()) };
        let sum = |part: fn(&QuotedLine) -> Option<Money>| quote.lines.iter().map(part).map(|part| part.map(Money::fen)).sum::<Option<u64>>();
        prop_assert_eq!(sum(|line| Some(line.goods)), Some(quote.goods.fen()));
        prop_assert_eq!(sum(|line| Some(line.discount())), Some(quote.discount.fen()));
        prop_assert_eq!(sum(|line| line.freight), quote.freight.map(Money::fen));
        prop_assert_eq!(sum(|line| line.payable), quote.payable.map(Money::fen));
        for line in &quote.lines {
            prop_assert_eq!(line.goods.fen(), line.zone_discount.fen() + line.cost.fen());
            prop_assert_eq!(line.payable.map(Money::fen), line.freight.map(|freight| line.cost.fen() + freight.fen()));
        }
        let (last, others) = quote.explanation.split_last().unwrap();
        prop_assert_eq!((last.step, last.amount_fen), (Step::Payable, quote.payable.map(|payable| payable.fen() as i64)));
        prop_assert_eq!(others.iter().map(|explained| explained.amount_fen).sum::<Option<i64>>(), last.amount_fen);
        prop_assert!(quote.explanation.is_sorted_by(|one, next| one.step < next.step));
    }

    /// Q3 and Q4.
    #[test]
    fn totals_do_not_depend_on_the_order_of_the_lines(basket in baskets(), by in 0..12usize) {
        let mut turned = basket.clone();
        let turns = by % turned.lines.len();
        turned.lines.rotate_left(turns);
        turned.lines.reverse();
        let totals = |quote: Quote| (quote.goods, quote.discount, quote.freight, quote.payable, quote.explanation);
        match (quote(&basket), quote(&turned)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(totals(one), totals(other)),
            (Err(NoPrice::TooMuch), Err(NoPrice::TooMuch)) => {}
            (one, other) => prop_assert!(false, "{one:?} but {other:?}"),
        }
        // The same basket at another moment: no step of today looks at the time.
        let later = Basket { now: Timestamp::from_millis(1), ..basket.clone() };
        prop_assert_eq!(quote(&basket), quote(&later));
    }

    /// A flash price has nothing taken off, whatever the zone says.
    #[test]
    fn only_regular_prices_are_discounted(basket in baskets()) {
        let Ok(quote) = quote(&basket) else { return Ok(()) };
        for (line, quoted) in basket.lines.iter().zip(&quote.lines) {
            let expected = match line.price {
                Price::Flash(_) => 0,
                Price::Regular { unit, zone } => (unit.fen() - zone.apply(unit).fen()) * u64::from(line.quantity.get()),
            };
            prop_assert_eq!(quoted.discount().fen(), expected);
        }
    }
}
