//! A ranking is always what a full sort says, whatever was set and removed in whatever order.

use std::collections::BTreeMap;

use mallcore_actors::zones::{Ranking, Standing};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Set(u64, Standing),
    Remove(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few products, weights and measures, so that ties and repeats are common; and the extremes.
    let weight = prop_oneof![4 => -2..=2_i64, 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
    let measure = prop_oneof![4 => 0..=3_u64, 1 => Just(u64::MAX)];
    let set = (1..=20_u64, weight, measure).prop_map(|(product, weight, measure)| Step::Set(product, Standing { weight, measure }));
    prop::collection::vec(prop_oneof![4 => set, 1 => (1..=20_u64).prop_map(Step::Remove)], 0..80)
}

fn sorted(products: &BTreeMap<u64, Standing>) -> Vec<u64> {
    let mut all: Vec<_> = products.iter().collect();
    all.sort_by(|(one, a), (other, b)| b.weight.cmp(&a.weight).then(b.measure.cmp(&a.measure)).then(one.cmp(other)));
    all.into_iter().map(|(product, _)| *product).collect()
}

proptest! {
    #[test]
    fn the_order_is_that_of_a_full_sort(steps in steps(), from in 0..25_usize, size in 0..10_usize) {
        let (mut ranking, mut model) = (Ranking::default(), BTreeMap::new());
        for step in steps {
            let before = sorted(&model);
            let said = match step {
                Step::Set(product, standing) => {
                    model.insert(product, standing);
                    ranking.set(product, standing)
                }
                Step::Remove(product) => {
                    model.remove(&product);
                    ranking.remove(product)
                }
            };
            let after = sorted(&model);
            prop_assert_eq!(said, before != after, "it says whether the order is another");
            prop_assert_eq!(ranking.iter().collect::<Vec<_>>(), after);
            prop_assert_eq!(ranking.broken(), None);
        }
        let all = sorted(&model);
        let page: Vec<u64> = all.iter().copied().skip(from).take(size).collect();
        prop_assert_eq!(ranking.page(from, size).collect::<Vec<_>>(), page);
        prop_assert_eq!((ranking.len(), ranking.is_empty()), (all.len(), all.is_empty()));
        let at_once: Ranking = model.iter().map(|(product, standing)| (*product, *standing)).collect();
        prop_assert_eq!(at_once.iter().collect::<Vec<_>>(), all);
        for (product, standing) in model {
            prop_assert_eq!(ranking.standing(product), Some(standing));
        }
    }
}
