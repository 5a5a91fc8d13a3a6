//! Sealing, opening, the ring and the blind index, without a database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mallcore_actors::ids::UserId;
use proptest::prelude::*;

use super::*;

/// A ring of keys with these numbers, each of its own bytes.
pub(super) fn ring(ids: &[u32]) -> KeyRing {
    let entry = |id: &u32| format!("{id}:{}", STANDARD.encode([*id as u8; 32]));
    KeyRing::parse(&ids.iter().map(entry).collect::<Vec<_>>().join(",")).unwrap()
}

fn key_of(user: u64) -> DataKey {
    DataKey::fresh(UserId::new(user).unwrap(), ring(&[1]).current_key()).0
}

const TABLES: [&str; 3] = ["addresses", "addressesa", "users"];
const COLUMNS: [&str; 3] = ["phone", "aphone", "detail"];

fn places() -> impl Strategy<Value = Place> {
    (0..TABLES.len(), 0..COLUMNS.len(), prop_oneof![0..5_u128, any::<u128>()])
        .prop_map(|(table, column, row)| Place::new(TABLES[table], COLUMNS[column], row))
}

proptest! {
    #[test]
    fn what_is_sealed_opens_in_its_place_only(plain in prop::collection::vec(any::<u8>(), 0..200), here in places(), there in places()) {
        let key = key_of(1);
        let sealed = key.seal(here, &plain);
        prop_assert_eq!(sealed.as_bytes().len(), plain.len() + seal::OVERHEAD_BYTES);
        prop_assert_eq!(&*key.open(here, &sealed).unwrap(), &plain);
        prop_assert_eq!(key.open(there, &sealed).is_ok(), here == there);
        prop_assert!(key_of(1).open(here, &sealed).is_err(), "another key");
        prop_assert_ne!(key.seal(here, &plain), sealed, "twice the same value is not seen");
    }

    #[test]
    fn a_flipped_byte_or_a_cut_is_an_error(plain in prop::collection::vec(any::<u8>(), 0..60), here in places(), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let key = key_of(1);
        let good = key.seal(here, &plain).into_bytes();
        let at = at.index(good.len());
        let mut bad = good.clone();
        bad[at] ^= flip;
        prop_assert!(key.open(here, &Sealed::from_bytes(bad)).is_err());
        prop_assert!(key.open(here, &Sealed::from_bytes(good[..at].to_vec())).is_err());
    }
}

#[test]
fn an_error_says_what_to_look_at() {
    let (key, here) = (key_of(1), Place::new("addresses", "contact", 7_u64));
    let says = |bytes: Vec<u8>| key.open(here, &Sealed::from_bytes(bytes)).unwrap_err().to_string();
    let sealed = key.seal(here, b"x").into_bytes();
    assert_eq!(says(vec![1; 3]), "addresses.contact of row 7 holds 3 bytes, which are too few for a sealed value");
    assert!(says([&[9], &sealed[1..]].concat()).contains("sealed in form 9"));
    let other = key_of(1).seal(here, b"x");
    assert!(matches!(key.open(here, &other), Err(OpenError::OtherKey { .. })));
}

#[test]
fn a_wrapped_key_belongs_to_its_user() {
    let ring = ring(&[1]);
    let (user, other) = (UserId::new(1).unwrap(), UserId::new(2).unwrap());
    let (key, wrapped) = DataKey::fresh(user, ring.current_key());
    let place = Place::new("t", "c", 1_u64);
    let sealed = key.seal(place, b"secret");
    let again = DataKey::unwrap(user, &wrapped, ring.current_key()).unwrap();
    assert_eq!(&**again.open(place, &sealed).unwrap(), b"secret");
    assert!(DataKey::unwrap(other, &wrapped, ring.current_key()).is_err());
}

#[test]
fn a_ring_is_read_with_the_current_key_first() {
    let ring = ring(&[3, 1, 2]);
    assert_eq!(ring.current().get(), 3);
    assert_eq!(ring.ids().map(MasterKeyId::get).collect::<Vec<_>>(), [3, 1, 2]);
}

#[test]
fn a_bad_ring_is_refused_without_showing_it() {
    let key = STANDARD.encode([7; 32]);
    for (text, wanted) in [
        (String::new(), BadKeys::Form),
        (key.clone(), BadKeys::Form),
        (format!("0:{key}"), BadKeys::Id),
        (format!("x:{key}"), BadKeys::Id),
        (format!("2147483648:{key}"), BadKeys::Id),
        (format!("1:{key},1:{key}"), BadKeys::Twice(1)),
        (format!("1:{}", STANDARD.encode([7; 31])), BadKeys::Key),
        ("1:hunter2".to_owned(), BadKeys::Key),
        (format!("1:{key},"), BadKeys::Form),
    ] {
        assert_eq!(KeyRing::parse(&text).unwrap_err(), wanted, "{text}");
    }
    assert!(KeyRing::parse(&format!(" 2 : {key} , 1:{key}\n")).is_ok(), "blanks do not matter");
}

#[test]
fn an_index_finds_equal_values_under_its_key_only() {
    let index = |byte: u8, phone: &str| {
        *BlindIndexKey::parse(&STANDARD.encode([byte; 32])).unwrap().of(Indexed::Phone(&phone.parse().unwrap())).as_bytes()
    };
    assert_eq!(index(1, "13812345678"), index(1, "+86 13812345678"));
    assert_ne!(index(1, "13812345678"), index(1, "13812345679"));
    assert_ne!(index(1, "13812345678"), index(2, "13812345678"));
}

#[test]
fn nothing_of_a_key_is_printed() {
    let keys = Keys { ring: ring(&[65]), index: BlindIndexKey::parse(&STANDARD.encode([65; 32])).unwrap() };
    let index = keys.index.of(Indexed::Phone(&"13812345678".parse().unwrap()));
    let key = DataKey::fresh(UserId::new(1).unwrap(), keys.ring.current_key()).0;
    let told = format!("{keys:?} {:?} {key:?} {index:?} {:#?}", Vault::new(keys.clone()), KeySource::Configured(keys.clone()));
    assert!(told.contains("65:***"), "{told}");
    for shown in ["AAAA", "QUFB", "65, 65", "41414141"] {
        assert!(!told.contains(shown), "{told}");
    }
}
