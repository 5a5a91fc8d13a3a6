//! Commands on their way, as `Registry::ask` drives them: sent again when handed back, a few times when lost with an actor.

use std::fmt;

use mallcore_actors::engine::Claim;
use mallcore_actors::kernel::Handle;
use mallcore_actors::kernel::host::Next;
use mallcore_actors::orders::steps;
use mallcore_actors::replies::Reply;
use mallcore_actors::stock::{AdjustStock, Adjusted, Asked, CarveQuota, CloseOrder, Closed, HoldPieces, PlaceOrder, Placed, ReleaseQuota};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::registry::Turn;
use super::*;

/// How often a command is sent after it was handed back.
const ATTEMPTS: usize = 16;
/// How often it is sent again after its actor died.
const LOST_MAX: usize = 2;

/// A command to a SKU.
#[derive(Debug, Clone)]
pub enum Command {
    Place(PlaceOrder),
    Close(CloseOrder),
    Carve(CarveQuota),
    Release(ReleaseQuota),
    Adjust(AdjustStock),
    Hold(HoldPieces),
}

/// Who waits for the answer.
#[derive(Debug, Clone, Copy)]
pub enum Asker {
    Client(RequestId),
    Timer(Deadline),
    Coordinator(Owner),
    /// Nobody: it is asked again at the next tick.
    Schedule,
}

/// What an actor says.
enum Told {
    Placed(Placed),
    Closed(Closed),
    Adjusted(Adjusted),
    Held(Asked),
    Done,
}

impl From<Placed> for Told {
    fn from(placed: Placed) -> Self {
        Self::Placed(placed)
    }
}

impl From<Closed> for Told {
    fn from(closed: Closed) -> Self {
        Self::Closed(closed)
    }
}

impl From<Adjusted> for Told {
    fn from(adjusted: Adjusted) -> Self {
        Self::Adjusted(adjusted)
    }
}

impl From<Asked> for Told {
    fn from(asked: Asked) -> Self {
        Self::Held(asked)
    }
}

impl From<()> for Told {
    fn from((): ()) -> Self {
        Self::Done
    }
}

type ActorAnswer = mallcore_actors::refusal::Answer<Told>;

enum Heard {
    Nothing,
    Answer(Box<ActorAnswer>),
    HandedBack,
    Lost,
}

/// A command in an actor's mailbox.
pub type Letter = Box<dyn FnOnce(&mut Turn<'_>) -> Next>;
type Listen = Box<dyn FnMut() -> Heard>;

/// A command that is not answered yet.
pub struct Asking {
    sku: SkuId,
    command: Command,
    asker: Asker,
    attempts: usize,
    lost: usize,
    /// None: it waits to be sent again.
    listen: Option<Listen>,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("sku", &self.sku).field("command", &self.command).field("asker", &self.asker).finish_non_exhaustive()
    }
}

/// An answer that waits for the disk; a claim is kept until then.
pub struct Changing {
    pub request: RequestId,
    pub answer: oneshot::Receiver<Reply<Changed>>,
    #[expect(dead_code, reason = "kept until the answer has left")]
    pub claim: Option<Claim>,
}

/// What such a change is answered with.
pub struct Changed {
    pub answer: Answer,
    pub sequence: Sequence,
}

fn written<C>(sku: SkuId, command: C) -> (Letter, Listen)
where
    C: 'static,
    Sku: Handle<C>,
    Told: From<<Sku as Handle<C>>::Reply>,
{
    let (reply, mut answer) = oneshot::channel();
    let letter = Box::new(move |turn: &mut Turn<'_>| {
        if turn.is_draining {
            drop(reply.send(Reply::HandedBack));
            return Next::Done;
        }
        let queue = turn.replies.queue();
        let host = (turn.engine, &*turn.engine.recorder);
        turn.host.ask(sku, command, Provenance::SHOPPER, host, move |answer| queue.answer(answer, reply))
    });
    let listen = Box::new(move || match answer.try_recv() {
        Ok(Reply::Answer(answer)) => Heard::Answer(Box::new(answer.map(|answer| answer.map(Told::from)))),
        Ok(Reply::HandedBack) => Heard::HandedBack,
        Err(TryRecvError::Empty) => Heard::Nothing,
        Err(TryRecvError::Closed) => Heard::Lost,
    });
    (letter, listen)
}

impl Process {
    pub fn ask(&mut self, asker: Asker, sku: SkuId, command: Command) {
        self.asks.push(Asking { sku, command, asker, attempts: 0, lost: 0, listen: None });
        self.send(self.asks.len() - 1);
    }

    /// Commands that wait to be sent again, by their place.
    pub fn resendable(&self) -> Vec<usize> {
        (0..self.asks.len()).filter(|place| self.asks[*place].listen.is_none()).collect()
    }

    pub fn send(&mut self, place: usize) {
        let asking = &mut self.asks[place];
        asking.attempts += 1;
        let sku = asking.sku;
        let (letter, listen) = match asking.command.clone() {
            Command::Place(command) => written(sku, command),
            Command::Close(command) => written(sku, command),
            Command::Carve(command) => written(sku, command),
            Command::Release(command) => written(sku, command),
            Command::Adjust(command) => written(sku, command),
            Command::Hold(command) => written(sku, command),
        };
        match self.registry.post(sku, letter) {
            Ok(()) => self.asks[place].listen = Some(listen),
            Err(None) if self.asks[place].attempts < ATTEMPTS => {}
            Err(refused) => {
                let Asking { asker, .. } = self.asks.remove(place);
                self.told(asker, Err(refused.unwrap_or(Unavailable::Warming)));
            }
        }
    }

    /// Whoever waits for answers hears those that have come.
    pub fn listen(&mut self) {
        let mut place = 0;
        while place < self.asks.len() {
            let asking = &mut self.asks[place];
            let heard = asking.listen.as_mut().map_or(Heard::Nothing, |listen| listen());
            let answer = match heard {
                Heard::Nothing => None,
                Heard::Answer(answer) => Some(*answer),
                Heard::HandedBack if asking.attempts < ATTEMPTS => {
                    asking.listen = None;
                    None
                }
                Heard::Lost if asking.lost < LOST_MAX && asking.attempts < ATTEMPTS => {
                    (asking.lost, asking.listen) = (asking.lost + 1, None);
                    None
                }
                Heard::HandedBack if asking.lost == 0 => Some(Err(Unavailable::Warming)),
                Heard::HandedBack | Heard::Lost => Some(Err(Unavailable::OutcomeUnknown)),
            };
            match answer {
                None => place += 1,
                Some(answer) => {
                    let Asking { asker, .. } = self.asks.remove(place);
                    self.told(asker, answer);
                }
            }
        }
        self.listen_for_changes();
        self.listen_for_carts();
    }

    /// Whoever asked is no more.
    pub(super) fn forget_asks(&mut self, owner: Owner) {
        self.asks.retain(|asking| !matches!(asking.asker, Asker::Coordinator(of) if of == owner));
    }

    fn told(&mut self, asker: Asker, answer: ActorAnswer) {
        match asker {
            Asker::Schedule => {}
            Asker::Coordinator(owner) => self.told_of_hold(owner, answer),
            Asker::Timer(deadline) => {
                if answer.is_err() {
                    self.engine.orders.shard(deadline.user).postpone(deadline);
                }
            }
            Asker::Client(request) => {
                let (answer, sequence) = match answer {
                    Ok(Ok(Told::Placed(Placed { receipt, .. }))) => (Answer::Placed(receipt), receipt.sequence),
                    Ok(Ok(Told::Closed(Closed { order }))) => (Answer::Changed(order.id), order.sequence),
                    Ok(Ok(Told::Adjusted(adjusted))) => (Answer::Adjusted, adjusted.sequence()),
                    Ok(Ok(Told::Held(_) | Told::Done)) => unreachable!("clients neither hold nor carve"),
                    Ok(Err(refusal)) => (Answer::Refused(refusal), Sequence::ZERO),
                    Err(unavailable) => (Answer::Unavailable(unavailable), Sequence::ZERO),
                };
                self.answers.push((request, answer, sequence));
            }
        }
    }

    fn told_of_hold(&mut self, owner: Owner, answer: ActorAnswer) {
        let answer = answer.map(|answer| {
            answer.map(|told| match told {
                Told::Held(asked) => asked,
                _ => unreachable!("coordinators hold"),
            })
        });
        // None: the engine tells how the waiting ended.
        let Some(input) = steps::heard(answer) else { return };
        self.notify(owner, input);
    }

    fn listen_for_changes(&mut self) {
        let mut waiting = Vec::new();
        for mut changing in std::mem::take(&mut self.changing) {
            match changing.answer.try_recv() {
                Err(TryRecvError::Empty) => waiting.push(changing),
                Ok(Reply::Answer(Ok(Ok(Changed { answer, sequence })))) => self.answers.push((changing.request, answer, sequence)),
                Ok(Reply::Answer(Err(unavailable))) => self.answer(changing.request, Answer::Unavailable(unavailable)),
                Ok(Reply::Answer(Ok(Err(_))) | Reply::HandedBack) | Err(TryRecvError::Closed) => unreachable!("it was queued"),
            }
        }
        self.changing = waiting;
    }
}
