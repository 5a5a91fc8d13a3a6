//! Freight templates against a table worked out by hand, and what holds for any template.

use mallcore_actors::ids::FreightTemplateId;
use mallcore_actors::money::{MONEY_MAX_FEN, Money};
use mallcore_actors::pricing::RegionPrefix;
use mallcore_actors::pricing::freight::{Area, BadTemplate, Billing, Charge, FreeFrom, Parcel, Rate, Template, Terms, UNITS_MAX};
use mallcore_actors::values::region::RegionCode;
use proptest::prelude::*;

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn rate((first, first_fee): (u32, u64), (next, next_fee): (u32, u64), free: FreeFrom) -> Terms {
    Terms::Delivered(Rate { first, first_fee: fen(first_fee), next, next_fee: fen(next_fee), free })
}

fn area(regions: &[&str], terms: Terms) -> Area {
    Area { regions: regions.iter().map(|region| region.parse().unwrap()).collect(), terms }
}

fn template(billing: Billing, default: Terms, areas: &[Area]) -> Template {
    Template::new(FreightTemplateId::new(1).unwrap(), billing, default, areas).unwrap()
}

const NEVER: FreeFrom = FreeFrom { pieces: None, amount: None };

/// By piece: 8 yuan and 2 for each further one; less in Guangdong, free in Shenzhen from 3 on, in one district of it dearer; dear and free only
/// in quantity to Tibet; not to Xinjiang.
fn by_piece() -> Template {
    let from = |pieces, amount: Option<u64>| FreeFrom { pieces, amount: amount.map(fen) };
    let areas = [
        area(&["44", "45"], rate((2, 500), (2, 100), NEVER)),
        area(&["4403"], rate((1, 500), (1, 100), from(Some(3), None))),
        area(&["440311"], rate((1, 600), (1, 600), from(None, Some(9_900)))),
        area(&["54"], rate((1, 2_500), (1, 1_500), from(Some(10), Some(50_000)))),
        area(&["65", "7101"], Terms::NotDelivered),
    ];
    template(Billing::Pieces, rate((1, 800), (1, 200), NEVER), &areas)
}

#[test]
fn fees_by_piece_are_those_of_the_table() {
    let template = by_piece();
    let (free, none) = (Charge::FreeFromThreshold, Charge::NotDelivered);
    let fee = |amount| Charge::Fee(fen(amount));
    for (region, pieces, amount, expected) in [
        ("110105", 1, 1_000, fee(800)),
        ("110105", 2, 1_000, fee(1_000)),
        ("110105", 9_999, 1_000, fee(800 + 9_998 * 200)),
        // The province, whose next part is begun with the third piece.
        ("440106", 1, 1_000, fee(500)),
        ("440106", 2, 1_000, fee(500)),
        ("440106", 3, 1_000, fee(600)),
        ("440106", 4, 1_000, fee(600)),
        ("440106", 5, 1_000, fee(700)),
        ("450102", 5, 1_000, fee(700)),
        // The city wins over the province, the district over the city.
        ("440305", 2, 1_000, fee(600)),
        ("440305", 3, 1, free),
        ("440311", 3, 9_899, fee(1_800)),
        ("440311", 1, 9_900, free),
        // Both have to be reached.
        ("540102", 10, 49_999, fee(16_000)),
        ("540102", 9, 50_000, fee(14_500)),
        ("540102", 10, 50_000, free),
        ("650102", 1, 1_000_000, none),
        ("710101", 1, 1_000, none),
        // The rest of that province is delivered to.
        ("710201", 1, 1_000, fee(800)),
    ] {
        let parcel = Parcel { pieces, units: pieces, amount: fen(amount) };
        let charged = template.charge(parcel, Some(region.parse().unwrap()));
        assert_eq!(charged, expected, "{pieces} pieces for {amount} fen to {region}");
    }
}

#[test]
fn fees_by_weight_and_by_volume_are_those_of_the_table() {
    let by_weight = template(Billing::Weight, rate((1_000, 1_000), (500, 300), NEVER), &[]);
    let by_volume = template(Billing::Volume, rate((10_000, 1_200), (1_000, 400), NEVER), &[]);
    for (template, units, expected) in [
        (&by_weight, 1, 1_000),
        (&by_weight, 1_000, 1_000),
        (&by_weight, 1_001, 1_300),
        (&by_weight, 1_500, 1_300),
        (&by_weight, 1_501, 1_600),
        (&by_weight, 20_000, 1_000 + 38 * 300),
        (&by_volume, 10_000, 1_200),
        (&by_volume, 10_001, 1_600),
        (&by_volume, 12_000, 2_000),
        (&by_volume, 12_001, 2_400),
    ] {
        assert_eq!(template.charge(Parcel { pieces: 1, units, amount: fen(1) }, None), Charge::Fee(fen(expected)), "{units}");
    }
}

#[test]
fn a_fee_that_is_no_amount_is_not_charged() {
    let template = template(Billing::Weight, rate((1, MONEY_MAX_FEN), (1, MONEY_MAX_FEN), NEVER), &[]);
    let charge = |units| template.charge(Parcel { pieces: 1, units, amount: fen(1) }, None);
    assert_eq!([charge(1), charge(2), charge(u64::MAX)], [Charge::Fee(fen(MONEY_MAX_FEN)), Charge::TooMuch, Charge::TooMuch]);
}

#[test]
fn what_could_not_be_reckoned_with_is_no_template() {
    let fine = rate((1, 1), (1, 1), NEVER);
    let region: RegionPrefix = "44".parse().unwrap();
    let from = |pieces, amount| rate((1, 1), (1, 1), FreeFrom { pieces, amount });
    for (default, areas, expected) in [
        (rate((0, 1), (1, 1), NEVER), vec![], BadTemplate::Units),
        (rate((1, 1), (0, 1), NEVER), vec![], BadTemplate::Units),
        (rate((UNITS_MAX + 1, 1), (1, 1), NEVER), vec![], BadTemplate::Units),
        (from(Some(0), None), vec![], BadTemplate::Free),
        (from(None, Some(Money::ZERO)), vec![], BadTemplate::Free),
        (fine, vec![area(&[], fine)], BadTemplate::NoRegion),
        (fine, vec![area(&["44", "11"], fine), area(&["44"], Terms::NotDelivered)], BadTemplate::RegionTwice(region)),
        (fine, vec![area(&["11"], fine); 101], BadTemplate::TooMany),
    ] {
        let made = Template::new(FreightTemplateId::new(1).unwrap(), Billing::Pieces, default, &areas);
        assert_eq!(made, Err(expected));
    }
}

fn rates() -> impl Strategy<Value = Rate> {
    let free = (prop::option::of(1..20u32), prop::option::of(1..50_000u64))
        .prop_map(|(pieces, amount)| FreeFrom { pieces, amount: amount.map(fen) });
    ((1..5u32, 0..3_000u64), (1..5u32, 0..3_000u64), free).prop_map(|((first, first_fee), (next, next_fee), free)| Rate {
        first,
        first_fee: fen(first_fee),
        next,
        next_fee: fen(next_fee),
        free,
    })
}

proptest! {
    /// F3, for any rate.
    #[test]
    fn a_fee_rises_with_the_pieces_until_it_is_free_and_stays_free(rate in rates(), unit in 1..9_000u64) {
        let template = template(Billing::Pieces, Terms::Delivered(rate), &[]);
        let mut before = Charge::Fee(Money::ZERO);
        for pieces in 1..60 {
            let charge = template.charge(Parcel { pieces, units: pieces, amount: fen(unit * pieces) }, None);
            let rises = match (before, charge) {
                (Charge::Fee(before), Charge::Fee(fee)) => fee >= before,
                (Charge::Fee(_) | Charge::FreeFromThreshold, Charge::FreeFromThreshold) => true,
                _ => false,
            };
            prop_assert!(rises, "{pieces} pieces: {charge:?} after {before:?}");
            before = charge;
        }
    }

    /// F1, against a search through all rows.
    #[test]
    fn the_most_specific_row_holds(picks in prop::collection::btree_map(0..12usize, any::<bool>(), 0..12), code in 0..6usize) {
        let prefixes = ["44", "4403", "440305", "440306", "4401", "440106", "11", "1101", "110105", "45", "4501", "450102"];
        let codes: [RegionCode; 6] = ["440305", "440306", "440106", "110105", "450102", "650102"].map(|code| code.parse().unwrap());
        let terms = |delivered| if delivered { rate((1, 1), (1, 1), NEVER) } else { Terms::NotDelivered };
        let areas: Vec<Area> = picks.iter().map(|(place, delivered)| area(&[prefixes[*place]], terms(*delivered))).collect();
        let default = rate((7, 7), (7, 7), NEVER);
        let text = codes[code].to_string();
        let longest = picks.iter().filter(|(place, _)| text.starts_with(prefixes[**place])).max_by_key(|(place, _)| prefixes[**place].len());
        let expected = longest.map_or(default, |(_, delivered)| terms(*delivered));
        prop_assert_eq!(template(Billing::Pieces, default, &areas).terms(Some(codes[code])), expected);
    }
}
