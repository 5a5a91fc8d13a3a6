//! What clients do and are told.

use mallcore_actors::coordinator::Participant;

use super::*;

impl World {
    pub(super) fn ask(&mut self, ask: Ask) -> RequestId {
        let has_hung_up = self.chance(100);
        self.requests.push(Request { ask, is_open: true, has_hung_up });
        self.requests.len() - 1
    }

    pub(super) fn shop(&mut self) {
        let user = UserId::new(self.random.random_range(1..5)).expect("not zero");
        match self.random.random_range(0..24) {
            0..4 => {
                let place = self.random.random_range(0..self.plans.len());
                let (sku, plan) = self.plans[place];
                let pieces = self.random.random_range(1..3);
                let quantity = Quantity::new(pieces).expect("a few");
                let mut key = [0; 16];
                key[..8].copy_from_slice(&(self.requests.len() as u64).to_be_bytes());
                let body = BodyFingerprint::from_u64(u64::from(pieces));
                self.buy(sku, Buy { item: plan.item, user, quantity, key: KeyHash::from_bytes(key), body, address: None });
            }
            4..6 => {
                // The same again, or the same key with another body.
                let asked: Vec<RequestId> =
                    (0..self.requests.len()).filter(|&nth| matches!(self.requests[nth].ask, Ask::Buy(..))).collect();
                if let Some(nth) = self.pick(&asked)
                    && let Ask::Buy(sku, command) = self.requests[nth].ask.clone()
                {
                    let body = if self.chance(200) { BodyFingerprint::from_u64(99) } else { command.body };
                    self.buy(sku, Buy { body, ..command });
                }
            }
            6..8 => self.shop_basket(user),
            8..10 => self.order_cart(user),
            10 => self.write_down(),
            11..18 => self.command_order(user),
            _ => self.change_cart(user),
        }
    }

    pub(super) fn buy(&mut self, sku: SkuId, command: Buy) {
        let request = self.ask(Ask::Buy(sku, command));
        self.life().buy(request, sku, command);
    }

    /// Hands out answers and notes what was queued.
    pub(super) fn absorb(&mut self) {
        let Some(process) = &mut self.process else { return };
        assert_eq!(super::super::panics(), 0, "a command panicked");
        for (sequence, record) in process.journal.take_queued() {
            assert!(self.log.insert(sequence, record).is_none(), "place {sequence} was given out twice");
        }
        process.listen();
        for (request, answer, relies_on) in std::mem::take(&mut process.answers) {
            let asked = &mut self.requests[request];
            assert!(std::mem::replace(&mut asked.is_open, false), "answered twice: {asked:?} {answer:?}");
            if asked.has_hung_up {
                continue;
            }
            match (&asked.ask, answer) {
                (Ask::Buy(sku, command), Answer::Placed(receipt)) => {
                    let told = PurchaseRequest {
                        user: command.user,
                        item: command.item,
                        key: *command.key.as_bytes(),
                        body: command.body.get(),
                        pieces: command.quantity.get(),
                    };
                    self.auditor.bought(told, receipt, relies_on);
                    let lines = vec![(sku.get(), command.quantity.get())];
                    self.known.push(Known { user: command.user, order: receipt.order, payable: receipt.payable, is_paid: false, lines });
                }
                (Ask::Basket(basket), Answer::BasketPlaced(receipt)) => {
                    let wants: Vec<(SkuId, u32)> =
                        basket.wants().map(|(Participant::Stock(sku), quantity)| (sku, quantity.get())).collect();
                    let lines = wants.iter().map(|(sku, count)| (sku.get(), *count)).collect();
                    self.auditor.basket_bought(basket.user(), *basket.request().0.as_bytes(), wants, receipt, relies_on);
                    self.known.push(Known { user: basket.user(), order: receipt.order, payable: receipt.payable, is_paid: false, lines });
                }
                (Ask::Order(command), Answer::Changed(order)) => {
                    self.auditor.order_changed(order, command.clone(), relies_on);
                    let of_order =
                        |known: &&mut Known| known.order == order && matches!(command, orders::Command::Pay(_) | orders::Command::Take(_));
                    self.known.iter_mut().filter(of_order).for_each(|known| known.is_paid = true);
                }
                (Ask::Cart(user, command), Answer::Cart(told)) => {
                    self.auditor.cart_told(relies_on);
                    let request = match command {
                        CartCommand::Add(add) => Some(add.key),
                        CartCommand::Merge(merge) if !merge.lines.is_empty() => Some(merge.key),
                        _ => None,
                    };
                    self.auditor.carts.told(*user, request.map(|key| *key.as_bytes()), &told);
                    self.seen_carts.insert(*user, told.cart.lines);
                }
                (Ask::Adjust(sku, command), answer @ (Answer::Adjusted | Answer::Refused(_))) => {
                    let told = match (answer, command.change) {
                        (Answer::Refused(_), _) => Told::Refused,
                        (_, Change::By(_)) => Told::Done,
                        (_, Change::To { .. }) => Told::AsWanted,
                    };
                    self.auditor.adjusted(*sku, command.id, told, relies_on);
                    self.back_office.done(*sku, command.id);
                }
                (_, Answer::Refused(_) | Answer::Unavailable(_)) => {}
                (ask, answer) => panic!("{ask:?} was answered {answer:?}"),
            }
        }
    }
}
