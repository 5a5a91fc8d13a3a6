//! One shopper's cart, pure.
//! - C1 At most [`LINES_MAX`] lines, each SKU once, each with 1 to 9,999 pieces.
//! - C2 A request with a key is carried out once, as long as it is among the last [`REQUESTS_REMEMBERED`].
//! - C3 What an order has bought is taken out once for each order, however often the policy asks.
//! - C4 A fact is applied once: one at or below the version changes nothing.

use smallvec::SmallVec;

use super::facts::{CartCleared, CartFact, CartLine, LinesRemoved, LinesSet, Request};
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{SkuId, UserId};
use crate::journal::Sequence;
use crate::kernel::facts::{Header, Origin};
use crate::quantity::{QUANTITY_MAX, Quantity};
use crate::refusal::{Refusal, Rule, RuleClass};
use crate::time::Timestamp;

/// Lines of one cart at most.
pub const LINES_MAX: usize = 120;
/// Requests that a cart remembers, the newest ones.
pub const REQUESTS_REMEMBERED: u32 = 16;

/// There is no room for another line.
pub const CART_FULL: Rule = Rule {
    code: "cart_full",
    class: RuleClass::Conflict,
    title: "购物车已满 / Cart full",
    detail: "购物车最多放 120 种商品，请先移除一些。",
};
/// The line would have more pieces than a line may have.
pub const CART_QUANTITY: Rule = Rule {
    code: "cart_quantity_limit",
    class: RuleClass::Conflict,
    title: "数量超限 / Too many pieces",
    detail: "同一商品在购物车中最多 9999 件。",
};
/// The cart has no such line.
pub const UNKNOWN_LINE: Rule = Rule {
    code: "unknown_cart_line",
    class: RuleClass::Missing,
    title: "购物车中没有该商品 / Not in the cart",
    detail: "购物车中没有这件商品。",
};

/// The refusals that carts declare.
pub const RULES: &[&Rule] = &[&CART_FULL, &CART_QUANTITY, &UNKNOWN_LINE];

/// Rows that are no cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rows are no cart: {0}")]
pub struct BadCart(&'static str);

/// What deciding leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing has to change: a repeat, or it is so already.
    Unchanged,
    /// This fact is to be recorded.
    Fact(CartFact),
}

/// One shopper's cart.
#[derive(Debug, Clone)]
pub struct Cart {
    user: UserId,
    /// In the order of their SKUs.
    lines: SmallVec<[CartLine; 2]>,
    /// The newest requests, oldest first.
    requests: SmallVec<[Request; 1]>,
    /// The last order whose lines were taken out.
    bought_through: Sequence,
    version: Sequence,
    /// Loading brought every record up to this one.
    folded: Sequence,
}

impl Cart {
    /// A cart that has never held anything.
    pub fn empty(user: UserId) -> Self {
        let (lines, requests) = (SmallVec::new(), SmallVec::new());
        Self { user, lines, requests, bought_through: Sequence::ZERO, version: Sequence::ZERO, folded: Sequence::ZERO }
    }

    /// As the database has it; lines and requests in any order.
    ///
    /// # Errors
    /// [`BadCart`] if the rows break an invariant.
    pub fn restored(
        user: UserId,
        lines: impl IntoIterator<Item = CartLine>,
        requests: impl IntoIterator<Item = Request>,
        bought_through: Sequence,
        version: Sequence,
    ) -> Result<Self, BadCart> {
        let mut cart = Self { bought_through, version, folded: version, ..Self::empty(user) };
        cart.lines.extend(lines);
        cart.lines.sort_unstable_by_key(|line| line.sku);
        cart.requests.extend(requests);
        cart.requests.sort_unstable_by_key(|request| request.number);
        cart.broken().map_or(Ok(cart), |broken| Err(BadCart(broken)))
    }

    /// Whether a request was carried out before.
    fn repeats(&self, key: KeyHash, body: BodyFingerprint) -> Result<bool, Refusal> {
        match self.requests.iter().find(|request| request.key == key) {
            Some(request) if request.body == body => Ok(true),
            Some(_) => Err(Refusal::IdempotencyMismatch),
            None => Ok(false),
        }
    }

    fn next_request(&self, key: KeyHash, body: BodyFingerprint) -> Request {
        Request { key, body, number: self.requests.last().map_or(1, |last| last.number + 1) }
    }

    fn set(&self, lines: SmallVec<[CartLine; 1]>, request: Option<Request>) -> Decision {
        let is_first = |(place, line): (usize, &CartLine)| lines[..place].iter().all(|earlier| earlier.sku != line.sku);
        debug_assert!(lines.iter().enumerate().all(is_first), "C1: a SKU is set twice: {lines:?}");
        Decision::Fact(CartFact::LinesSet(LinesSet { user: self.user, lines, request }))
    }

    /// Pieces added to a line, or a new selected line.
    pub fn decide_add(
        &self,
        sku: SkuId,
        quantity: Quantity,
        key: KeyHash,
        body: BodyFingerprint,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        if self.repeats(key, body)? {
            return Ok(Decision::Unchanged);
        }
        let line = match self.line(sku) {
            Some(line) => {
                let pieces = line.quantity.get() + quantity.get();
                CartLine { quantity: Quantity::new(pieces).map_err(|_| Refusal::Rule(&CART_QUANTITY))?, ..*line }
            }
            None if self.lines.len() >= LINES_MAX => return Err(Refusal::Rule(&CART_FULL)),
            None => CartLine { sku, quantity, selected: true, added_at: now },
        };
        Ok(self.set(smallvec::smallvec![line], Some(self.next_request(key, body))))
    }

    /// What a line is from now on.
    pub fn decide_change(&self, sku: SkuId, quantity: Option<Quantity>, selected: Option<bool>) -> Result<Decision, Refusal> {
        let line = self.line(sku).ok_or(Refusal::Rule(&UNKNOWN_LINE))?;
        let changed = CartLine { quantity: quantity.unwrap_or(line.quantity), selected: selected.unwrap_or(line.selected), ..*line };
        Ok(if changed == *line { Decision::Unchanged } else { self.set(smallvec::smallvec![changed], None) })
    }

    /// Every line selected, or none.
    pub fn decide_select_all(&self, selected: bool) -> Decision {
        let changed: SmallVec<[CartLine; 1]> =
            self.lines.iter().filter(|line| line.selected != selected).map(|line| CartLine { selected, ..*line }).collect();
        if changed.is_empty() { Decision::Unchanged } else { self.set(changed, None) }
    }

    /// Lines taken out, as far as they are there.
    pub fn decide_remove(&self, skus: &[SkuId]) -> Decision {
        let skus: SmallVec<[SkuId; 1]> = self.lines.iter().map(|line| line.sku).filter(|sku| skus.contains(sku)).collect();
        if skus.is_empty() { Decision::Unchanged } else { Decision::Fact(CartFact::LinesRemoved(LinesRemoved { user: self.user, skus })) }
    }

    /// What the order of the record `cause` has bought is taken out, once (C3). Recorded also if nothing of it is there any more: otherwise a
    /// repeat would take out what was laid in since.
    pub fn decide_remove_bought(&self, skus: &[SkuId], cause: Sequence) -> Decision {
        if cause <= self.bought_through {
            return Decision::Unchanged;
        }
        match self.decide_remove(skus) {
            Decision::Unchanged => Decision::Fact(CartFact::LinesRemoved(LinesRemoved { user: self.user, skus: SmallVec::new() })),
            removed => removed,
        }
    }

    /// All lines taken out.
    pub fn decide_clear(&self) -> Decision {
        if self.lines.is_empty() { Decision::Unchanged } else { Decision::Fact(CartFact::Cleared(CartCleared { user: self.user })) }
    }

    /// A guest's lines taken in as far as there is room, and the SKUs for which there was none. A repeat is told of those that the cart does
    /// not have, which is the first answer unless lines were taken out since.
    pub fn decide_merge(
        &self,
        lines: &[(SkuId, Quantity)],
        key: KeyHash,
        body: BodyFingerprint,
        now: Timestamp,
    ) -> Result<(Decision, Vec<SkuId>), Refusal> {
        if self.repeats(key, body)? {
            let mut missing = Vec::new();
            for sku in lines.iter().map(|line| line.0).filter(|sku| self.line(*sku).is_none()) {
                if !missing.contains(&sku) {
                    missing.push(sku);
                }
            }
            return Ok((Decision::Unchanged, missing));
        }
        let (mut set, mut left_out): (SmallVec<[CartLine; 1]>, Vec<SkuId>) = (SmallVec::new(), Vec::new());
        let mut room = LINES_MAX - self.lines.len();
        for &(sku, quantity) in lines {
            let known = set.iter().position(|line| line.sku == sku);
            let before = known.and_then(|place| set.get(place)).copied().or_else(|| self.line(sku).copied());
            let line = match before {
                Some(line) => {
                    let pieces = (line.quantity.get() + quantity.get()).min(QUANTITY_MAX);
                    CartLine { quantity: Quantity::new(pieces).unwrap_or(line.quantity), ..line }
                }
                None if room == 0 => {
                    if !left_out.contains(&sku) {
                        left_out.push(sku);
                    }
                    continue;
                }
                None => {
                    room -= 1;
                    CartLine { sku, quantity, selected: true, added_at: now }
                }
            };
            match known.and_then(|place| set.get_mut(place)) {
                Some(known) => *known = line,
                None => set.push(line),
            }
        }
        let decision = if set.is_empty() { Decision::Unchanged } else { self.set(set, Some(self.next_request(key, body))) };
        Ok((decision, left_out))
    }

    /// Makes a fact so.
    pub fn apply(&mut self, sequence: Sequence, header: &Header, fact: &CartFact) {
        if fact.user() != self.user || sequence <= self.folded.max(self.version) {
            return;
        }
        match fact {
            CartFact::LinesSet(set) => {
                for line in &set.lines {
                    match self.lines.binary_search_by_key(&line.sku, |known| known.sku) {
                        Ok(place) => self.lines[place] = *line,
                        Err(place) => self.lines.insert(place, *line),
                    }
                }
                if let Some(request) = set.request {
                    self.requests.push(request);
                    self.requests.retain(|known| known.number + REQUESTS_REMEMBERED > request.number);
                }
            }
            CartFact::LinesRemoved(removed) => self.lines.retain(|line| !removed.skus.contains(&line.sku)),
            CartFact::Cleared(_) => self.lines.clear(),
        }
        if matches!(header.origin, Origin::Policy { .. }) {
            assert!(header.cause > self.bought_through, "C3: what order record {} bought is taken out twice", header.cause);
            self.bought_through = self.bought_through.max(header.cause);
        }
        self.version = sequence;
        assert_eq!(self.broken(), None, "{:?} after {sequence} {fact:?}", self.user);
    }

    /// Loading has brought every record up to `through`, whether it concerned this cart or not.
    pub fn folded_through(&mut self, through: Sequence) {
        self.folded = self.folded.max(through);
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        if self.lines.len() > LINES_MAX {
            return Some("C1: too many lines");
        }
        if self.lines.windows(2).any(|pair| pair[0].sku >= pair[1].sku) {
            return Some("C1: a SKU has two lines, or lines are out of order");
        }
        let too_many = self.requests.len() > REQUESTS_REMEMBERED as usize;
        let out_of_order = self.requests.windows(2).any(|pair| pair[0].number >= pair[1].number);
        (too_many || out_of_order).then_some("C2: requests are not the newest ones in their order")
    }

    fn line(&self, sku: SkuId) -> Option<&CartLine> {
        self.lines.binary_search_by_key(&sku, |line| line.sku).ok().and_then(|place| self.lines.get(place))
    }

    /// Its lines in the order of their SKUs.
    pub fn lines(&self) -> &[CartLine] {
        &self.lines
    }

    /// The cart's owner.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Its last record.
    pub const fn version(&self) -> Sequence {
        self.version
    }

    /// The last order whose lines were taken out.
    pub const fn bought_through(&self) -> Sequence {
        self.bought_through
    }

    /// Bytes of memory that it takes, beside its place in a map.
    pub fn bytes(&self) -> usize {
        let lines = if self.lines.spilled() { self.lines.capacity() * size_of::<CartLine>() } else { 0 };
        let requests = if self.requests.spilled() { self.requests.capacity() * size_of::<Request>() } else { 0 };
        size_of::<Self>() + lines + requests
    }
}
