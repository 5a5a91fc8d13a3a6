//! Order numbers as the outside sees them: N1 and N2.

use std::collections::HashSet;

use mallcore_actors::ids::OrderId;
use mallcore_actors::order_no::{ORDER_NO_LENGTH, OrderNo};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

proptest! {
    #[test]
    fn wechat_accepts_every_number(id in 1..=mallcore_actors::ids::ID_MAX, millis: u64, nonce: u64) {
        let text = OrderNo::new(OrderId::new(id).unwrap(), Timestamp::from_millis(millis), nonce).to_string();
        prop_assert_eq!(text.len(), ORDER_NO_LENGTH);
        prop_assert!(text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        if let Ok(number) = text.parse::<OrderNo>() {
            prop_assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn any_text_of_the_alphabet_is_read_back_or_refused(text in "[0-9]{14,21}[0-9A-HJKMNP-TV-Z]{8,15}") {
        if let Ok(number) = text.parse::<OrderNo>() {
            prop_assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn numbers_of_one_clock_setback_stay_apart(first in 1..1_000_000_000u64, steps in prop::collection::vec(-5_000i64..5_000, 2..200)) {
        // Ids grow, the clock goes where it wants, the nonce never helps.
        let mut now = 1_795_451_405_000i64;
        let mut seen = HashSet::new();
        for (nth, step) in steps.iter().enumerate() {
            now += step;
            let id = OrderId::new(first + nth as u64).unwrap();
            prop_assert!(seen.insert(OrderNo::new(id, Timestamp::from_millis(now as u64), 0).to_string()), "N2");
        }
    }
}
