//! What shoppers were told of their carts, compared with the records: each acknowledged change is there, once; what an order has bought
//! disappears once, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use mallcore_actors::carts::{CartFact, CartLine, LINES_MAX};
use mallcore_actors::facts::{Header, Origin};
use mallcore_actors::ids::{SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::orders::BasketPlaced;

use super::super::process::{BOUGHT, CartTold};

type Lines = BTreeMap<SkuId, CartLine>;

#[derive(Debug, Default)]
pub struct Carts {
    /// By user and version: the cart as it was told.
    told: BTreeMap<(UserId, Sequence), Lines>,
    /// Requests that were told to be carried out.
    requests: BTreeSet<(UserId, [u8; 16])>,
}

impl Carts {
    pub fn told(&mut self, user: UserId, request: Option<[u8; 16]>, told: &CartTold) {
        let lines: Lines = told.cart.lines.iter().map(|line| (line.sku, *line)).collect();
        assert_eq!(lines.len(), told.cart.lines.len(), "a SKU has two lines");
        // There is room for all SKUs of this world: only a repeat names any, those that were taken out since.
        assert!(told.left_out.iter().all(|sku| !lines.contains_key(sku)), "{user:?} was told that a line of theirs found no room");
        let first = self.told.entry((user, told.cart.version)).or_insert_with(|| lines.clone());
        assert_eq!(*first, lines, "{user:?} was told two carts of one version");
        self.requests.extend(request.map(|request| (user, request)));
    }

    pub fn replay(&self) -> Replay<'_> {
        for ((user, version), lines) in &self.told {
            assert!(*version > Sequence::ZERO || lines.is_empty(), "{user:?} was told lines that nobody laid in");
        }
        Replay { told: self, carts: BTreeMap::new(), seen: BTreeSet::new(), requests: BTreeSet::new(), bought: BTreeMap::new() }
    }
}

/// The records, taken in one by one.
pub struct Replay<'a> {
    told: &'a Carts,
    carts: BTreeMap<UserId, Lines>,
    seen: BTreeSet<(UserId, Sequence)>,
    requests: BTreeSet<(UserId, [u8; 16])>,
    /// Orders from carts, and whether their lines were taken out.
    bought: BTreeMap<Sequence, (UserId, Vec<SkuId>, bool)>,
}

impl Replay<'_> {
    pub fn ordered(&mut self, sequence: Sequence, placed: &BasketPlaced) {
        self.bought.insert(sequence, (placed.user, placed.lines.iter().map(|line| line.sku).collect(), false));
    }

    pub fn take(&mut self, sequence: Sequence, header: &Header, fact: &CartFact) {
        let user = fact.user();
        let lines = self.carts.entry(user).or_default();
        if let Origin::Policy { policy } = header.origin {
            let (of, skus, is_done) = self.bought.get_mut(&header.cause).expect("a policy acts on an order from a cart");
            assert_eq!((policy, *of), (BOUGHT, user));
            assert!(!std::mem::replace(is_done, true), "{sequence}: what {} bought is taken out twice", header.cause);
            let CartFact::LinesRemoved(removed) = fact else { panic!("a policy only takes out: {fact:?}") };
            let mut expected: Vec<SkuId> = skus.iter().copied().filter(|sku| lines.contains_key(sku)).collect();
            expected.sort_unstable();
            assert_eq!(removed.skus.as_slice(), expected, "{sequence}: not what was bought");
        }
        match fact {
            CartFact::LinesSet(set) => {
                lines.extend(set.lines.iter().map(|line| (line.sku, *line)));
                if let Some(request) = set.request {
                    assert!(self.requests.insert((user, *request.key.as_bytes())), "{sequence}: a request is carried out twice");
                }
            }
            CartFact::LinesRemoved(removed) => lines.retain(|sku, _| !removed.skus.contains(sku)),
            CartFact::Cleared(_) => lines.clear(),
        }
        assert!(lines.len() <= LINES_MAX);
        self.seen.insert((user, sequence));
        if let Some(told) = self.told.told.get(&(user, sequence)) {
            assert_eq!(told, lines, "{user:?} was told another cart at {sequence}");
        }
    }

    pub fn end(self) {
        for told in self.told.told.keys().filter(|told| told.1 > Sequence::ZERO) {
            assert!(self.seen.contains(told), "a cart that was told is lost: {told:?}");
        }
        assert!(self.told.requests.is_subset(&self.requests), "a change of a cart that was told done is lost");
        for (cause, (user, _, is_done)) in &self.bought {
            assert!(is_done, "what {user:?} bought by {cause} stays in the cart");
        }
    }
}
