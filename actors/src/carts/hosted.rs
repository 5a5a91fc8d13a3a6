//! A cart as the kernel hosts it: decide, commit, apply. Rules are in `cart`.

use std::sync::Arc;

use super::cart::{Cart, Decision};
use super::commands::{AddLine, CartView, ChangeLine, ClearCart, GetCart, MergeLines, Merged, RemoveBought, RemoveLine, SelectAll};
use crate::ids::UserId;
use crate::journal::Sequence;
use crate::kernel::{Aggregate, Committed, Fact, Handle, Settled, Transaction};
use crate::lag::Admission;
use crate::refusal::{Answer, Refusal, Unavailable};

/// What all carts share.
#[derive(Debug, Default)]
pub struct CartShared {
    /// Whether changes are let in while the projection of carts is behind. Purchases are not its affair.
    pub admission: Arc<Admission>,
}

impl Cart {
    /// Commits what was decided; a change is turned away while too much waits to be stored.
    fn commit(&mut self, decision: Decision, shared: &CartShared, transaction: &mut Transaction<'_>) -> Result<(), Unavailable> {
        let Decision::Fact(fact) = decision else { return Ok(()) };
        if let Some(lagging) = shared.admission.refusal() {
            return Err(lagging);
        }
        assert_eq!(fact.user(), self.user(), "a cart decides on another shopper's");
        let committed = transaction.commit(fact, |committed| Aggregate::apply(self, committed))?;
        assert_eq!(self.version(), committed.sequence, "C4: the cart of {:?} did not take its own record", self.user());
        Ok(())
    }

    fn view(&self) -> CartView {
        let mut lines = self.lines().to_vec();
        lines.sort_by_key(|line| (std::cmp::Reverse(line.added_at), line.sku));
        CartView { lines, version: self.version() }
    }

    fn settled(&self) -> Answer<Settled<CartView>> {
        Ok(Ok(Settled::on(self.version(), self.view())))
    }
}

impl Aggregate for Cart {
    type Key = UserId;
    type Shared = CartShared;
    /// Nothing is done to a cart but by its own commands.
    type Effect = std::convert::Infallible;

    const NAME: &'static str = "cart";
    const ABSENT: Refusal = Refusal::UnknownItem;

    fn absent(user: UserId) -> Option<Self> {
        Some(Self::empty(user))
    }

    fn apply(&mut self, committed: &Committed) {
        if let Fact::Carts(fact) = &committed.record.fact {
            Self::apply(self, committed.sequence, &committed.record.header, fact);
        }
    }

    fn loaded_through(&mut self, checkpoint: Sequence) {
        self.folded_through(checkpoint);
    }

    fn effect(&mut self, effect: std::convert::Infallible, _: &CartShared) {
        match effect {}
    }

    fn last_record(&self) -> Sequence {
        self.version()
    }

    fn is_settled(&self) -> bool {
        true
    }

    fn broken(&self) -> Option<&'static str> {
        self.broken()
    }
}

impl Handle<GetCart> for Cart {
    type Reply = CartView;

    fn handle(&mut self, _: GetCart, _: &CartShared, _: &mut Transaction<'_>) -> Answer<Settled<CartView>> {
        self.settled()
    }
}

impl Handle<AddLine> for Cart {
    type Reply = CartView;

    fn handle(&mut self, add: AddLine, shared: &CartShared, transaction: &mut Transaction<'_>) -> Answer<Settled<CartView>> {
        match self.decide_add(add.sku, add.quantity, add.key, add.body, transaction.now()) {
            Ok(decision) => self.commit(decision, shared, transaction)?,
            Err(refusal) => return Ok(Err(refusal)),
        }
        self.settled()
    }
}

impl Handle<ChangeLine> for Cart {
    type Reply = CartView;

    fn handle(&mut self, change: ChangeLine, shared: &CartShared, transaction: &mut Transaction<'_>) -> Answer<Settled<CartView>> {
        match self.decide_change(change.sku, change.quantity, change.selected) {
            Ok(decision) => self.commit(decision, shared, transaction)?,
            Err(refusal) => return Ok(Err(refusal)),
        }
        self.settled()
    }
}

impl Handle<SelectAll> for Cart {
    type Reply = CartView;

    fn handle(
        &mut self,
        SelectAll(selected): SelectAll,
        shared: &CartShared,
        transaction: &mut Transaction<'_>,
    ) -> Answer<Settled<CartView>> {
        self.commit(self.decide_select_all(selected), shared, transaction)?;
        self.settled()
    }
}

impl Handle<RemoveLine> for Cart {
    type Reply = CartView;

    fn handle(&mut self, RemoveLine(sku): RemoveLine, shared: &CartShared, transaction: &mut Transaction<'_>) -> Answer<Settled<CartView>> {
        self.commit(self.decide_remove(&[sku]), shared, transaction)?;
        self.settled()
    }
}

impl Handle<ClearCart> for Cart {
    type Reply = CartView;

    fn handle(&mut self, _: ClearCart, shared: &CartShared, transaction: &mut Transaction<'_>) -> Answer<Settled<CartView>> {
        self.commit(self.decide_clear(), shared, transaction)?;
        self.settled()
    }
}

impl Handle<MergeLines> for Cart {
    type Reply = Merged;

    fn handle(&mut self, merge: MergeLines, shared: &CartShared, transaction: &mut Transaction<'_>) -> Answer<Settled<Merged>> {
        let (decision, left_out) = match self.decide_merge(&merge.lines, merge.key, merge.body, transaction.now()) {
            Ok(decided) => decided,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.commit(decision, shared, transaction)?;
        Ok(Ok(Settled::on(self.version(), Merged { cart: self.view(), left_out })))
    }
}

impl Handle<RemoveBought> for Cart {
    type Reply = CartView;

    fn handle(&mut self, bought: RemoveBought, shared: &CartShared, transaction: &mut Transaction<'_>) -> Answer<Settled<CartView>> {
        let cause = transaction.header().cause;
        self.commit(self.decide_remove_bought(&bought.skus, cause), shared, transaction)?;
        self.settled()
    }
}
