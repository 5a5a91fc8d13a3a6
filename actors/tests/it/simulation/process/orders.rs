//! Requests, and orders under their shard's lock.

use super::*;

impl Process {
    pub fn buy(&mut self, request: RequestId, sku: SkuId, wish: Buy) {
        self.send(sku, Mail::Buy(request, wish));
    }

    pub fn buy_basket(&mut self, request: RequestId, user: UserId, basket: &[(SkuId, Quantity)]) {
        let wants = basket.iter().map(|(sku, quantity)| (Participant::Stock(*sku), *quantity));
        let (coordinator, first) = Coordinator::start(wants).expect("shoppers fill sensible baskets");
        let unit_price = Money::from_fen(100).expect("a small price");
        let lines = basket.iter().map(|&(sku, quantity)| Line { sku, flash: None, quantity, unit_price }).collect();
        self.owners += 1;
        let owner = Owner(self.owners);
        self.coordinators.insert(owner, Running { coordinator, request, user, lines, inbox: VecDeque::new() });
        self.act(owner, first);
    }

    pub fn close(&mut self, closer: Closer, user: UserId, order: OrderId, reason: CloseReason) {
        let Some(found) = self.orders.order(user, order) else { return self.closing_refused(closer, Refusal::UnknownOrder) };
        match found.lines.iter().find(|line| line.flash.is_some()) {
            Some(line) => self.send(line.sku, Mail::Close(closer, user, order, reason)),
            None => {
                let returns = found.lines.iter().map(|&line| Return { line, to_quota: false }).collect();
                if let Some((sequence, at, event)) = self.commit_close(closer, user, order, reason, returns) {
                    self.spread(sequence, at, &event);
                }
            }
        }
    }

    pub fn pay(&mut self, request: RequestId, user: UserId, order: OrderId) {
        let decided = self.orders.order(user, order).ok_or(Refusal::UnknownOrder).and_then(|found| {
            found.decide(OrderCommand::Pay, self.now)?;
            Ok(OrderPaid { order, user, version: found.version + 1, lines: found.lines.clone() })
        });
        let paid = match decided {
            Ok(paid) => OrderFact::Paid(paid),
            Err(refusal) => return self.answer(request, Answer::Refused(refusal)),
        };
        match self.enqueue(paid) {
            Ok((sequence, at, event)) => {
                self.orders.apply(sequence, at, &event);
                self.spread(sequence, at, &event);
                self.waiting.push((sequence, request, Answer::Paid(order)));
            }
            Err(weather) => self.answer(request, Answer::Unavailable(weather)),
        }
    }

    /// Sends a record's effects to each SKU that it concerns.
    pub(super) fn spread(&mut self, sequence: Sequence, at: Timestamp, event: &Event) {
        let mut skus = event.skus().to_vec();
        skus.dedup();
        skus.into_iter().for_each(|sku| self.send(sku, Mail::Effect(sequence, at, event.clone())));
    }

    pub(super) fn answer(&mut self, request: RequestId, answer: Answer) {
        self.answers.push((request, answer, Sequence::ZERO));
    }

    pub(super) fn enqueue_placed(
        &mut self,
        user: UserId,
        lines: Lines,
        payable: Money,
        key: KeyHash,
        body: BodyFingerprint,
    ) -> Result<(Sequence, Timestamp, Event), Result<Refusal, Unavailable>> {
        self.orders.admit(user, self.rules.unpaid_max).map_err(Ok)?;
        if self.ids.0 == self.ids.1 {
            self.enqueue(IdsFact::Reserved(IdsReserved { first: self.ids.1, count: IDS_BLOCK })).map_err(Err)?;
            self.ids.1 += u64::from(IDS_BLOCK);
        }
        let order = OrderId::new(self.ids.0).expect("ids are small here");
        let no = OrderNo::new(order, self.now, 0);
        let expires_at = self.now.plus_millis(self.rules.pay_window_millis);
        let placed = OrderPlaced { order, no, user, lines, payable, expires_at, key, body, address: None };
        let (sequence, at, event) = self.enqueue(OrderFact::Placed(placed)).map_err(Err)?;
        self.ids.0 += 1;
        self.orders.apply(sequence, at, &event);
        Ok((sequence, at, event))
    }

    pub(super) fn commit_close(
        &mut self,
        closer: Closer,
        user: UserId,
        order: OrderId,
        reason: CloseReason,
        returns: smallvec::SmallVec<[Return; 1]>,
    ) -> Option<(Sequence, Timestamp, Event)> {
        let found = self.orders.order(user, order)?;
        if let Err(refusal) = found.decide(OrderCommand::Close(reason), self.now) {
            self.closing_refused(closer, refusal);
            return None;
        }
        let flash = found.lines.iter().find_map(|line| line.flash);
        let limit_returned = flash.is_some_and(|flash| self.orders.gives_limit_back(user, flash.activity));
        let closed = OrderClosed { order, user, version: found.version + 1, reason, returns, limit_returned };
        match (self.enqueue(OrderFact::Closed(closed)), closer) {
            (Ok((sequence, at, event)), closer) => {
                self.orders.apply(sequence, at, &event);
                if let Closer::Client(request) = closer {
                    self.waiting.push((sequence, request, Answer::Closed(order)));
                }
                Some((sequence, at, event))
            }
            (Err(weather), Closer::Client(request)) => {
                self.answer(request, Answer::Unavailable(weather));
                None
            }
            (Err(_), Closer::Timer(deadline)) => {
                self.orders.postpone(deadline);
                None
            }
        }
    }

    pub(super) fn closing_refused(&mut self, closer: Closer, refusal: Refusal) {
        if let Closer::Client(request) = closer {
            self.answer(request, Answer::Refused(refusal));
        }
    }

    /// Closes what is due.
    pub fn tick(&mut self) {
        for due in self.orders.take_due(self.now, 2) {
            self.close(Closer::Timer(due), due.user, due.order, CloseReason::TimedOut);
        }
    }
}
