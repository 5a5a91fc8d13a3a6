//! Commands to carts, as `Shards::ask` drives them.

use std::fmt;

use mallcore_actors::carts::{
    AddLine, Cart, CartView, ChangeLine, ClearCart, GetCart, MergeLines, Merged, RemoveBought, RemoveLine, SelectAll,
};
use mallcore_actors::kernel::Handle;
use mallcore_actors::replies::Reply;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::shards::{CartLetter, CartTurn};
use super::*;

/// How often a command is sent again after its shard died.
const LOST_MAX: usize = 2;

/// A command to a cart.
#[derive(Debug, Clone)]
pub enum CartCommand {
    Get(GetCart),
    Add(AddLine),
    Change(ChangeLine),
    SelectAll(SelectAll),
    Remove(RemoveLine),
    Clear(ClearCart),
    Merge(MergeLines),
    Bought(RemoveBought),
}

/// Who waits for the answer.
#[derive(Debug, Clone, Copy)]
pub enum CartAsker {
    Client(RequestId),
    /// The policy, because of the order of this record.
    Policy(Sequence),
}

/// What a cart says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartTold {
    pub cart: CartView,
    pub left_out: Vec<SkuId>,
}

impl From<CartView> for CartTold {
    fn from(cart: CartView) -> Self {
        Self { cart, left_out: Vec::new() }
    }
}

impl From<Merged> for CartTold {
    fn from(Merged { cart, left_out }: Merged) -> Self {
        Self { cart, left_out }
    }
}

type CartAnswer = mallcore_actors::refusal::Answer<CartTold>;

enum Heard {
    Nothing,
    Answer(CartAnswer),
    Lost,
}

type Listen = Box<dyn FnMut() -> Heard>;

/// A command that is not answered yet.
pub struct AskingCart {
    user: UserId,
    command: CartCommand,
    asker: CartAsker,
    lost: usize,
    /// None: it waits to be sent again.
    listen: Option<Listen>,
}

impl fmt::Debug for AskingCart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskingCart").field("user", &self.user).field("command", &self.command).finish_non_exhaustive()
    }
}

fn written<C>(user: UserId, by: Provenance, command: C) -> (CartLetter, Listen)
where
    C: 'static,
    Cart: Handle<C>,
    CartTold: From<<Cart as Handle<C>>::Reply>,
{
    let (reply, mut answer) = oneshot::channel();
    let letter = Box::new(move |turn: &mut CartTurn<'_>| {
        let queue = turn.replies.queue();
        turn.host.ask(user, command, by, (turn.shared, turn.recorder), move |answer| queue.answer(answer, reply))
    });
    let listen = Box::new(move || match answer.try_recv() {
        Ok(Reply::Answer(answer)) => Heard::Answer(answer.map(|answer| answer.map(CartTold::from))),
        Err(TryRecvError::Empty) => Heard::Nothing,
        Ok(Reply::HandedBack) | Err(TryRecvError::Closed) => Heard::Lost,
    });
    (letter, listen)
}

impl Process {
    pub fn ask_cart(&mut self, asker: CartAsker, user: UserId, command: CartCommand) {
        self.cart_asks.push(AskingCart { user, command, asker, lost: 0, listen: None });
        self.send_to_cart(self.cart_asks.len() - 1);
    }

    /// Commands that wait to be sent again, by their place.
    pub fn resendable_to_carts(&self) -> Vec<usize> {
        (0..self.cart_asks.len()).filter(|place| self.cart_asks[*place].listen.is_none()).collect()
    }

    pub fn send_to_cart(&mut self, place: usize) {
        let asking = &mut self.cart_asks[place];
        let user = asking.user;
        let by = match asking.asker {
            CartAsker::Client(_) => Provenance::SHOPPER,
            CartAsker::Policy(cause) => Provenance::policy(policy::BOUGHT, cause),
        };
        let (letter, listen) = match asking.command.clone() {
            CartCommand::Get(command) => written(user, by, command),
            CartCommand::Add(command) => written(user, by, command),
            CartCommand::Change(command) => written(user, by, command),
            CartCommand::SelectAll(command) => written(user, by, command),
            CartCommand::Remove(command) => written(user, by, command),
            CartCommand::Clear(command) => written(user, by, command),
            CartCommand::Merge(command) => written(user, by, command),
            CartCommand::Bought(command) => written(user, by, command),
        };
        if self.carts.post(user, letter) {
            self.cart_asks[place].listen = Some(listen);
        } else {
            let AskingCart { asker, .. } = self.cart_asks.remove(place);
            self.told_of_cart(asker, Err(Unavailable::Busy));
        }
    }

    pub(super) fn listen_for_carts(&mut self) {
        let mut place = 0;
        while place < self.cart_asks.len() {
            let asking = &mut self.cart_asks[place];
            let answer = match asking.listen.as_mut().map_or(Heard::Nothing, |listen| listen()) {
                Heard::Nothing => None,
                Heard::Answer(answer) => Some(answer),
                Heard::Lost if asking.lost < LOST_MAX => {
                    (asking.lost, asking.listen) = (asking.lost + 1, None);
                    None
                }
                Heard::Lost => Some(Err(Unavailable::OutcomeUnknown)),
            };
            match answer {
                None => place += 1,
                Some(answer) => {
                    let AskingCart { asker, .. } = self.cart_asks.remove(place);
                    self.told_of_cart(asker, answer);
                }
            }
        }
    }

    fn told_of_cart(&mut self, asker: CartAsker, answer: CartAnswer) {
        match asker {
            CartAsker::Policy(cause) => self.policy.told(cause, answer.is_ok()),
            CartAsker::Client(request) => {
                let (answer, sequence) = match answer {
                    Ok(Ok(told)) => {
                        let version = told.cart.version;
                        (Answer::Cart(told), version)
                    }
                    Ok(Err(refusal)) => (Answer::Refused(refusal), Sequence::ZERO),
                    Err(unavailable) => (Answer::Unavailable(unavailable), Sequence::ZERO),
                };
                self.answers.push((request, answer, sequence));
            }
        }
    }
}
