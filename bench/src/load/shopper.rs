//! One connection's life: draw a purchase, wait for its turn, send, take the answer, note it, again.
//! - G1 the acknowledgement is noted, then the purchase counts.
//! - G3 with `reconnect` a purchase is sent again, with its key, until the server has said yes or no: afterwards nothing is unknown.
//!
//! Not here: what the purchase is (`plan.rs`) and when (`pace.rs`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use super::acks::AckWriter;
use super::connection::{Connection, ConnectionError};
use super::measurements::{Measurements, Outcome};
use super::plan::{self, Acknowledged, HangUp, ItemChooser, Memory, Purchase};
use super::wire::{self, Answer, RequestTemplate};
use super::{Live, LoadError, LoadPlan};

/// Before a purchase is sent again.
const RETRY_PAUSE: Duration = Duration::from_millis(5);

/// What the connections of one thread share.
pub struct Worker {
    plan: LoadPlan,
    pub(super) live: Arc<Live>,
    template: Arc<RequestTemplate>,
    chooser: ItemChooser,
    start: Instant,
    random: RefCell<SmallRng>,
    measurements: RefCell<Measurements>,
    acks: RefCell<Option<AckWriter>>,
    last_answer: Cell<Instant>,
    /// Set when the acknowledgement file cannot be written: a run without receipts proves nothing.
    failed: RefCell<Option<std::io::Error>>,
}

/// The answer to one purchase, as far as it concerns the figures.
struct Ending {
    outcome: Outcome,
    order_no: Option<String>,
}

impl Ending {
    const fn without_order(outcome: Outcome) -> Self {
        Self { outcome, order_no: None }
    }
}

impl Worker {
    /// For thread `thread` of the run that started at `start`.
    pub fn new(
        thread: usize,
        plan: LoadPlan,
        live: Arc<Live>,
        template: Arc<RequestTemplate>,
        chooser: ItemChooser,
        start: Instant,
    ) -> Result<Self, LoadError> {
        let acks = plan.ack_file.as_deref().map(AckWriter::open).transpose()?;
        let random = SmallRng::seed_from_u64(u64::from(plan.run) << 8 | thread as u64);
        Ok(Self {
            plan,
            live,
            template,
            chooser,
            start,
            random: RefCell::new(random),
            measurements: RefCell::new(Measurements::new()?),
            acks: RefCell::new(acks),
            last_answer: Cell::new(start),
            failed: RefCell::new(None),
        })
    }

    /// Writes out what is left; the thread's figures and the time of its last answer.
    pub fn finish(&self) -> Result<(Measurements, Instant), LoadError> {
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        if let Some(acks) = self.acks.borrow_mut().as_mut() {
            acks.flush()?;
        }
        Ok((self.measurements.replace(Measurements::new()?), self.last_answer.get()))
    }

    /// The next purchase and when it is due, or `None` at the end of the run.
    fn draw(&self) -> Option<(Purchase, Option<Instant>)> {
        if self.live.stop.load(Ordering::Relaxed) || self.failed.borrow().is_some() {
            return None;
        }
        if self.plan.duration.is_some_and(|duration| self.start.elapsed() >= duration) {
            return None;
        }
        let number = self.live.next.fetch_add(1, Ordering::Relaxed);
        let due = self.plan.pace.due(number);
        let is_late = matches!((due, self.plan.duration), (Some(due), Some(duration)) if due >= duration);
        if is_late || self.plan.requests.is_some_and(|requests| number >= requests) {
            return None;
        }
        let user_place = (number % self.plan.shoppers.len() as u64) as usize;
        let item_place = self.chooser.choose(&mut self.random.borrow_mut());
        Some((Purchase { number, user_place, item_place }, due.map(|due| self.start + due)))
    }

    fn render(&self, request: &mut Vec<u8>, purchase: Purchase) {
        let shopper = &self.plan.shoppers[purchase.user_place];
        self.template.render(request, purchase.item_place, &shopper.token, purchase.number, self.plan.quantity);
    }

    /// Notes an acknowledgement in the file.
    fn acknowledge(&self, purchase: Purchase, order_no: &str) {
        if let Some(acks) = self.acks.borrow_mut().as_mut() {
            let (user, item) = (self.plan.shoppers[purchase.user_place].user_id, self.plan.items[purchase.item_place]);
            if let Err(error) = acks.write(user, order_no, item, &self.template.key(purchase.number), self.plan.quantity) {
                self.failed.replace(Some(error));
            }
        }
    }

    fn count(&self, outcome: Outcome, intended: Instant) {
        let now = Instant::now();
        self.measurements.borrow_mut().record(outcome, now.saturating_duration_since(intended));
        self.last_answer.set(now);
        if outcome.is_buy() {
            self.live.bought.fetch_add(1, Ordering::Relaxed);
        }
        self.live.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Buys until the run is over.
pub async fn shop(worker: Rc<Worker>) {
    let mut connection = None;
    let mut memory = Memory::default();
    let mut request = Vec::with_capacity(1024);
    while let Some((mut purchase, due)) = worker.draw() {
        if let Some(due) = due.filter(|due| *due > Instant::now()) {
            tokio::time::sleep_until(due.into()).await;
        }
        worker.live.begun.fetch_add(1, Ordering::Relaxed);
        let intended = due.unwrap_or_else(Instant::now);
        let repeat = worker.draw_repeat(&memory);
        if let Some(repeat) = &repeat {
            purchase = repeat.purchase;
        }
        worker.render(&mut request, purchase);
        if let Some(point) = worker.draw_hang_up() {
            hang_up(&worker, connection.take(), &request, point).await;
            worker.count(Outcome::HungUp, intended);
            continue;
        }
        let ending = settle(&worker, &mut connection, &request).await;
        let outcome = match &repeat {
            Some(repeat) => outcome_of_repeat(repeat, &ending),
            None => ending.outcome,
        };
        if let Some(order_no) = &ending.order_no {
            worker.acknowledge(purchase, order_no);
            if repeat.is_none() && worker.plan.mix.repeat_percent > 0.0 {
                memory.remember(purchase, order_no);
            }
        }
        worker.count(outcome, intended);
    }
}

impl Worker {
    fn draw_repeat(&self, memory: &Memory) -> Option<Acknowledged> {
        let mut random = self.random.borrow_mut();
        if plan::happens(self.plan.mix.repeat_percent, &mut random) { memory.recall(&mut random) } else { None }
    }

    fn draw_hang_up(&self) -> Option<HangUp> {
        let mut random = self.random.borrow_mut();
        plan::happens(self.plan.mix.hang_up_percent, &mut random).then(|| plan::hang_up_point(&mut random))
    }
}

/// A repeat must get 200 and the first answer's order. Refusals that name no order (429, busy) stay what they are.
fn outcome_of_repeat(repeat: &Acknowledged, ending: &Ending) -> Outcome {
    match (ending.outcome, &ending.order_no) {
        (Outcome::Replayed, Some(order_no)) if *order_no == repeat.order_no => Outcome::Repeated,
        (Outcome::RateLimited | Outcome::Busy | Outcome::OutcomeUnknown | Outcome::ConnectionLost, None) => ending.outcome,
        _ => Outcome::RepeatMismatch,
    }
}

/// Sends the request until it has an answer, or once.
async fn settle(worker: &Worker, connection: &mut Option<Connection>, request: &[u8]) -> Ending {
    loop {
        match ask(worker, connection, request).await {
            Ok(Ok(ending)) => return ending,
            Ok(Err(unsettled)) => worker.measurements.borrow_mut().record_retried(unsettled),
            Err(_) => {
                connection.take();
                worker.measurements.borrow_mut().connection_failures += 1;
                if !worker.plan.reconnect {
                    return Ending::without_order(Outcome::ConnectionLost);
                }
            }
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// One try. An outcome alone: 503 while purchases are sent again, for the shopper has not been told yes or no.
async fn ask(worker: &Worker, connection: &mut Option<Connection>, request: &[u8]) -> Result<Result<Ending, Outcome>, ConnectionError> {
    let open = match connection {
        Some(open) => open,
        None => connection.insert(Connection::open(worker.plan.server).await?),
    };
    open.send(request).await?;
    let answer = open.receive().await?;
    let ending = ending_of(&answer, open.body(&answer));
    if answer.closes {
        connection.take();
    }
    Ok(if answer.status != 503 || !worker.plan.reconnect { Ok(ending) } else { Err(ending.outcome) })
}

fn ending_of(answer: &Answer, body: &[u8]) -> Ending {
    if !matches!(answer.status, 200 | 201) {
        return Ending::without_order(Outcome::of_refusal(answer.status, wire::string_member(body, b"\"code\"")));
    }
    match wire::string_member(body, b"\"order_no\"") {
        Some(order_no) => {
            let outcome = if answer.status == 201 { Outcome::Bought } else { Outcome::Replayed };
            Ending { outcome, order_no: Some(order_no.to_owned()) }
        }
        None => Ending::without_order(Outcome::ServerError),
    }
}

/// Leaves at `point`. Whether the server took the purchase is not known, and that is the drill.
async fn hang_up(worker: &Worker, connection: Option<Connection>, request: &[u8], point: HangUp) {
    let open = match connection {
        Some(open) => Ok(open),
        None => Connection::open(worker.plan.server).await,
    };
    let left = async {
        let mut open = open?;
        match point {
            HangUp::WhileSending(share) => open.send(&request[..(request.len() as f64 * share) as usize]).await?,
            HangUp::AfterSending => open.send(request).await?,
            HangUp::WhileWaiting(micros) => {
                open.send(request).await?;
                tokio::time::sleep(Duration::from_micros(micros)).await;
            }
            HangUp::WhileReceiving(bytes) => {
                open.send(request).await?;
                open.receive_some(bytes).await?;
            }
        }
        Ok::<(), ConnectionError>(())
    };
    if left.await.is_err() {
        worker.measurements.borrow_mut().connection_failures += 1;
    }
}
