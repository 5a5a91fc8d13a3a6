//! How much a product is liked, from what it sells and how it is rated, in whole numbers.
//! - P1 More sales never make it less, and nor does another review with five stars.

/// Reviews that every product is thought to have, so that one review with five stars does not beat a hundred.
const PRIOR_REVIEWS: u64 = 10;
/// The stars of each of them, in thousandths: a little above the middle, as most shoppers are content.
const PRIOR_MILLISTARS: u64 = 4_000;
/// Sales and stars beyond this count as this: more would overflow, and says nothing more.
const COUNTED_MAX: u64 = 1 << 40;

/// The product's place among others, highest first: its average in thousandths of a star (drawn towards 4.0 while there are few reviews), times
/// one more than the binary logarithm of its sales.
pub fn popularity(sales: u64, reviews: u64, stars: u64) -> u64 {
    let (sales, reviews, stars) = (sales.min(COUNTED_MAX), reviews.min(COUNTED_MAX), stars.min(COUNTED_MAX * 5));
    let millistars = (stars * 1_000 + PRIOR_REVIEWS * PRIOR_MILLISTARS) / (reviews + PRIOR_REVIEWS);
    debug_assert!(stars > reviews * 5 || millistars <= 5_000, "P1: {stars} stars of {reviews} reviews");
    (256 + logarithm(sales + 1)) * millistars
}

/// The binary logarithm in 256ths, straight between powers of two; `number` is 1 at least.
fn logarithm(number: u64) -> u64 {
    let whole = u64::from(number.ilog2());
    // 256 to 511: the number's leading bits.
    let leading = (u128::from(number) << 8 >> whole) as u64;
    debug_assert!((256..512).contains(&leading), "{number}");
    whole * 256 + leading - 256
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn more_is_never_less(sales in any::<u64>(), more in any::<u64>(), reviews in 0_u64..1_000_000, average in 1_u64..=5) {
            let stars = reviews * average;
            let (least, most) = (sales.min(more), sales.max(more));
            prop_assert!(popularity(least, reviews, stars) <= popularity(most, reviews, stars));
            prop_assert!(popularity(sales, reviews, stars) <= popularity(sales, reviews + 1, stars + 5));
        }
    }

    #[test]
    fn many_good_reviews_beat_one_that_is_perfect() {
        assert!(popularity(100, 200, 980) > popularity(100, 1, 5));
        assert!(popularity(100, 0, 0) > popularity(100, 10, 10), "bad reviews are worse than none");
        assert_eq!(popularity(u64::MAX, u64::MAX, u64::MAX), popularity(COUNTED_MAX, COUNTED_MAX, COUNTED_MAX * 5));
        assert_eq!([1, 2, 3, 4, 1 << 40].map(logarithm), [0, 256, 384, 512, 40 * 256]);
    }
}
