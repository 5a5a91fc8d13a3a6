//! Splitting an amount over lines so that the parts sum to it.

use std::cmp::Reverse;

use crate::money::Money;
use crate::quantity::Quantity;

/// Splits an amount in proportion to weights by largest remainder: each part is its exact share rounded down, and the fen that are left go one
/// each to the parts with the largest remainders, of equal ones to the earlier. Weights that are all 0 count as equal. A part is 0 where its
/// weight is 0 and another's is not; no parts for no weights.
pub fn split(total: Money, weights: &[u64]) -> Vec<Money> {
    let sum: u128 = weights.iter().copied().map(u128::from).sum();
    if sum == 0 {
        return if weights.is_empty() { Vec::new() } else { split(total, &vec![1; weights.len()]) };
    }
    // 34 bits times 64 bits.
    let exact = |weight: &u64| u128::from(total.fen()) * u128::from(*weight);
    let mut parts: Vec<u64> = weights.iter().map(|weight| (exact(weight) / sum) as u64).collect();
    let mut places: Vec<usize> = (0..weights.len()).collect();
    places.sort_by_key(|place| (Reverse(exact(&weights[*place]) % sum), *place));
    // Fewer than there are parts with a remainder.
    let left = total.fen() - parts.iter().sum::<u64>();
    debug_assert!(left < weights.len() as u64, "{left} fen are left of {total:?}");
    places.iter().take(left as usize).for_each(|place| parts[*place] += 1);
    assert_eq!(parts.iter().sum::<u64>(), total.fen(), "Q1: the parts are not the whole");
    // None is above `total`, which is an amount.
    parts.into_iter().map(|fen| Money::from_fen(fen).unwrap_or_default()).collect()
}

/// The lines' shares of an order's freight, in proportion to what they cost after discounts; where nothing costs anything, to their pieces.
/// It takes nothing but what an order freezes, so the shares of an order never change.
pub fn freight_shares(freight: Money, lines: impl Iterator<Item = (Money, Quantity)> + Clone) -> Vec<Money> {
    let costs: Vec<u64> = lines.clone().map(|(cost, _)| cost.fen()).collect();
    if costs.iter().any(|cost| *cost > 0) {
        return split(freight, &costs);
    }
    split(freight, &lines.map(|(_, quantity)| u64::from(quantity.get())).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(total: u64, weights: &[u64], parts: &[u64]) {
        let split = split(Money::from_fen(total).unwrap(), weights);
        assert_eq!(split.into_iter().map(Money::fen).collect::<Vec<_>>(), parts, "{total} over {weights:?}");
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainders_and_of_equals_to_the_first() {
        check(100, &[1, 1, 1], &[34, 33, 33]);
        check(100, &[1, 1, 4], &[17, 17, 66]);
        check(10, &[6, 3, 1], &[6, 3, 1]);
        check(1, &[1, 2], &[0, 1]);
        check(7, &[0, 5, 0], &[0, 7, 0]);
        check(3, &[0, 0], &[2, 1]);
        check(0, &[5, 5], &[0, 0]);
        check(9, &[], &[]);
    }

    #[test]
    fn the_largest_amounts_are_split() {
        let most = crate::money::MONEY_MAX_FEN;
        check(most, &[u64::MAX, u64::MAX], &[most / 2 + 1, most / 2]);
    }

    #[test]
    fn freight_follows_what_lines_cost_and_otherwise_their_pieces() {
        let fen = |fen| Money::from_fen(fen).unwrap();
        let pieces = |count| Quantity::new(count).unwrap();
        let shares = |lines: &[(u64, u32)]| {
            let lines = lines.iter().map(|(cost, count)| (fen(*cost), pieces(*count)));
            freight_shares(fen(800), lines).into_iter().map(Money::fen).collect::<Vec<_>>()
        };
        assert_eq!(shares(&[(3_000, 1), (1_000, 9)]), [600, 200]);
        assert_eq!(shares(&[(0, 1), (1_000, 9)]), [0, 800]);
        assert_eq!(shares(&[(0, 1), (0, 3)]), [200, 600]);
    }
}
