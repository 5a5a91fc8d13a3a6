//! What shoppers do beside flash sales: carts, baskets, and everything that happens to an order; and what the warehouse does.

use mallcore_actors::carts::{AddLine, ChangeLine, ClearCart, GetCart, MergeLines, RemoveLine, SelectAll};
use mallcore_actors::orders::{AttemptNumber, BasketLine, Trade, Transaction};

use super::*;
use crate::baskets::{fen, key, line, parcel, payment, pieces, refund, sku};

/// SKUs that lie in carts; those above `SKUS` cannot be bought.
const CART_SKUS: u64 = 6;

impl World {
    fn some_pieces(&mut self, most: u32) -> Quantity {
        pieces(self.random.random_range(1..=most))
    }

    /// Prices and discounts that do not divide evenly.
    fn basket_line(&mut self, id: u64, quantity: Quantity) -> BasketLine {
        let (price, discount) = (self.random.random_range(1..300), self.random.random_range(0..100));
        line(id, quantity.get(), price, discount.min(price * u64::from(quantity.get())))
    }

    fn order_basket(&mut self, user: UserId, lines: Vec<BasketLine>, is_from_cart: bool) {
        let number = 1_000_000 + self.requests.len() as u64;
        let freight = if self.chance(500) { fen(self.random.random_range(1..1_000)) } else { Money::ZERO };
        let basket = Basket::new(user, lines, freight, (key(number), BodyFingerprint::from_u64(number))).expect("a sensible basket");
        let basket = if is_from_cart { basket.from_cart() } else { basket };
        let request = self.ask(Ask::Basket(Box::new(basket.clone())));
        self.life().buy_basket(request, basket);
    }

    pub(super) fn shop_basket(&mut self, user: UserId) {
        if self.chance(300) {
            let asked: Vec<RequestId> = (0..self.requests.len()).filter(|&nth| matches!(self.requests[nth].ask, Ask::Basket(_))).collect();
            // The same again.
            if let Some(nth) = self.pick(&asked)
                && let Ask::Basket(basket) = self.requests[nth].ask.clone()
            {
                let request = self.ask(Ask::Basket(basket.clone()));
                self.life().buy_basket(request, *basket);
            }
            return;
        }
        let mut ids: Vec<u64> = (1..=SKUS).collect();
        let mut lines = Vec::new();
        for _ in 0..self.random.random_range(1..=SKUS) {
            let id = ids.remove(self.random.random_range(0..ids.len()));
            let quantity = self.some_pieces(3);
            lines.push(self.basket_line(id, quantity));
        }
        self.order_basket(user, lines, false);
    }

    /// Orders the selected lines of the cart as its shopper saw it last.
    pub(super) fn order_cart(&mut self, user: UserId) {
        let seen = self.seen_carts.get(&user).cloned().unwrap_or_default();
        let mut lines = Vec::new();
        for wanted in seen.iter().filter(|line| line.selected && line.sku.get() <= SKUS) {
            lines.push(self.basket_line(wanted.sku.get(), wanted.quantity));
        }
        if !lines.is_empty() {
            self.order_basket(user, lines, true);
        }
    }

    pub(super) fn change_cart(&mut self, user: UserId) {
        let number = 2_000_000 + self.requests.len() as u64;
        let (sku, quantity) = (sku(self.random.random_range(1..=CART_SKUS)), self.some_pieces(4));
        let (key, body) = (key(number), BodyFingerprint::from_u64(number));
        let command = match self.random.random_range(0..16) {
            0 => CartCommand::Get(GetCart),
            1..6 => CartCommand::Add(AddLine { sku, quantity, key, body }),
            6..8 => {
                let (quantity, selected) = (self.chance(500).then_some(quantity), self.chance(500).then_some(self.chance(700)));
                CartCommand::Change(ChangeLine { sku, quantity, selected })
            }
            8 => CartCommand::SelectAll(SelectAll(self.chance(700))),
            9 => CartCommand::Remove(RemoveLine(sku)),
            10 if self.chance(300) => CartCommand::Clear(ClearCart),
            11 => {
                let lines = (1..=CART_SKUS).filter(|_| self.random.random_bool(0.4)).map(crate::baskets::sku).map(|sku| (sku, quantity));
                CartCommand::Merge(MergeLines { lines: lines.collect(), key, body })
            }
            _ => {
                // One of the last few requests again, sometimes with another body.
                let mine =
                    |request: &&Request| matches!(&request.ask, Ask::Cart(of, CartCommand::Add(_) | CartCommand::Merge(_)) if *of == user);
                let last: Vec<Ask> = self.requests.iter().rev().filter(mine).take(4).map(|request| request.ask.clone()).collect();
                let nth: Vec<usize> = (0..last.len()).collect();
                let Some(nth) = self.pick(&nth) else { return };
                let Ask::Cart(_, command) = last[nth].clone() else { return };
                match command {
                    CartCommand::Add(add) if self.chance(200) => CartCommand::Add(AddLine { body, ..add }),
                    command => command,
                }
            }
        };
        let request = self.ask(Ask::Cart(user, command.clone()));
        self.life().ask_cart(CartAsker::Client(request), user, command);
    }

    /// Some pieces of some lines; now and then of a SKU that is in no order.
    fn some_of(&mut self, lines: &[(u64, u32)]) -> Vec<(u64, u32)> {
        let mut wants = Vec::new();
        for &(id, count) in lines {
            if lines.len() == 1 || self.chance(600) {
                wants.push((id, self.random.random_range(1..=count)));
            }
        }
        if self.chance(30) {
            wants.push((CART_SKUS, 1));
        }
        wants
    }

    fn attempt(&mut self) -> AttemptNumber {
        let number = if self.chance(800) { 1_u8 } else { 2 };
        AttemptNumber::try_from(number).expect("the first or the second")
    }

    /// Money that came through one of an order's attempts.
    fn trade(&mut self, order: OrderId, amount: Money) -> Trade {
        let attempt = self.attempt();
        let transaction = Transaction::parse(&format!("42000{order}{}", attempt.get())).expect("a number");
        Trade { attempt, transaction, amount, payer: None, paid_at: Timestamp::from_millis(START) }
    }

    pub(super) fn command_order(&mut self, user: UserId) {
        // Mostly a recent one, so that some orders get far.
        let recent: Vec<usize> = (0..self.known.len()).rev().take(6).collect();
        let Some(nth) = self.pick(&recent) else { return };
        let Known { user: owner, order, payable, is_paid, lines } = self.known[nth].clone();
        let who = if self.chance(50) { user } else { owner };
        let number = order.get() * 10 + self.random.random_range(0..8);
        // Mostly what is due next.
        let due = if self.chance(100) {
            -9..20
        } else if is_paid {
            7..20
        } else {
            -9..7
        };
        let command = match self.random.random_range(due) {
            -9..=-6 => orders::Command::StartPayment,
            -5..=-2 => {
                let amount = if self.chance(50) { fen(payable.fen() + 1) } else { payable };
                orders::Command::Take(self.trade(order, amount))
            }
            -1 => orders::Command::EndPayment(self.attempt()),
            0 => orders::Command::Close(CloseReason::Cancelled),
            1..7 => {
                let amount = if self.chance(50) { fen(payable.fen() + 1) } else { payable };
                orders::Command::Pay(payment(if self.chance(900) { order.get() * 10 } else { number }, amount))
            }
            7..11 => orders::Command::Ship(parcel(number, &self.some_of(&lines))),
            11..16 => {
                let (wants, freight) = (self.some_of(&lines), if self.chance(200) { self.random.random_range(1..500) } else { 0 });
                orders::Command::Refund(refund(number, &wants, freight, self.chance(500)))
            }
            16 => orders::Command::ConfirmReceipt,
            17 => orders::Command::AutoComplete,
            _ => orders::Command::Hide,
        };
        let request = self.ask(Ask::Order(command.clone()));
        self.life().command(Closer::Client(request), who, order, command);
    }
}
