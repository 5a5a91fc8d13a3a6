//! The sandbox as a whole: books, ledger, keys, faults, and what has to be notified.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;
use rand::Rng;
use tokio::sync::mpsc;

use super::books::{Books, Order, Refund, is_payable};
use super::entry::{Entry, Event, Prepaid, RefundAsked};
use super::faults::{Chance, Faults};
use super::keys::{Keys, PlatformSigner};
use super::ledger::Ledger;
use super::notify::Job;
use super::requests::{self, PrepayBody, RefundBody, Refusal};
use crate::platform::config::{self, Secret};
use crate::platform::wechat::pay::{ApiKey, RefundState, TradeState, wall_clock};

/// The merchant of the sandbox.
pub const MCHID: &str = "1900000000";
/// Its APIv3 key: known to everybody, because it opens nothing. Production refuses it.
pub const API_KEY: &str = "not-a-secret-but-an-apiv3-key-00";
/// Id of the sandbox's public key.
pub const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000002026000000000000000000";

/// Notifications that wait to be sent, at most; beyond that they are lost, as some are at WeChat Pay.
const JOBS_MAX: usize = 100_000;

/// WeChat Pay as the sandbox has it.
pub struct PaySandbox {
    pub(super) appid: String,
    pub(super) keys: Keys,
    pub(super) api_key: ApiKey,
    pub(super) chance: Mutex<Chance>,
    state: Mutex<State>,
    jobs: mpsc::Sender<Job>,
    pub(super) waiting: Mutex<Option<mpsc::Receiver<Job>>>,
    /// Where the shop listens whose notify URL has the port 0.
    shop: OnceLock<SocketAddr>,
}

struct State {
    books: Books,
    ledger: Ledger,
}

impl State {
    /// In the ledger first.
    fn record(&mut self, at: Timestamp, event: Event) -> io::Result<()> {
        let entry = Entry { at, event };
        self.ledger.append(&entry)?;
        self.books.apply(&entry);
        Ok(())
    }
}

/// A merchant's request was refused, or the ledger cannot be written.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(Refusal),
    Disk(io::Error),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Failed {
    fn from(cause: io::Error) -> Self {
        Self::Disk(cause)
    }
}

impl PaySandbox {
    /// With keys and ledger in this folder; makes what is not there.
    ///
    /// # Errors
    /// Those of the files, and of keys or a ledger that cannot be read.
    pub fn open(folder: &Path, appid: &str, faults: Faults) -> io::Result<Self> {
        let keys = Keys::open(folder, PUBLIC_KEY_ID)?;
        let (ledger, entries) = Ledger::open(&folder.join("ledger.jsonl"))?;
        let mut books = Books::default();
        entries.iter().for_each(|entry| books.apply(entry));
        let (jobs, waiting) = mpsc::channel(JOBS_MAX);
        Ok(Self {
            appid: appid.to_owned(),
            keys,
            api_key: ApiKey::new(&Secret::new(API_KEY)).ok_or_else(|| io::Error::other("the key of the sandbox has not 32 bytes"))?,
            chance: Mutex::new(Chance::new(faults)),
            state: Mutex::new(State { books, ledger }),
            jobs,
            waiting: Mutex::new(Some(waiting)),
            shop: OnceLock::new(),
        })
    }

    /// Settings with which a shop pays here. A notify URL with the port 0 stands for the shop of [`Self::shop_listens`].
    pub fn merchant(&self, api_base: String, notify_url: String) -> config::WechatPay {
        Self::merchant_of(self.keys.merchant_folder(), self.appid.clone(), api_base, notify_url)
    }

    /// The same for a process that asks the sandbox of another one, whose merchant has its keys in this folder.
    pub fn merchant_of(key_folder: PathBuf, appid: String, api_base: String, notify_url: String) -> config::WechatPay {
        config::WechatPay {
            appid,
            mchid: MCHID.to_owned(),
            api_key: Secret::new(API_KEY),
            key_folder,
            serial: None,
            public_key_id: Some(PUBLIC_KEY_ID.to_owned()),
            notify_url,
            api_base: Some(api_base),
        }
    }

    /// Where the shop of this process listens, once that is known.
    pub fn shop_listens(&self, address: SocketAddr) {
        // Only one shop runs in a process; a second one of a test does not change it.
        let _ = self.shop.set(address);
    }

    /// The shop's real address in the place of the port 0.
    pub(super) fn resolved(&self, notify_url: &str) -> String {
        let resolve = || {
            let mut url = reqwest::Url::parse(notify_url).ok()?;
            if url.port() != Some(0) {
                return None;
            }
            url.set_port(Some(self.shop.get()?.port())).ok()?;
            Some(url.to_string())
        };
        resolve().unwrap_or_else(|| notify_url.to_owned())
    }

    /// Turns faults on or off; those that are not named are off.
    pub fn set_faults(&self, faults: Faults) {
        *self.chance.lock() = Chance::new(faults);
    }

    /// The faults as they are now.
    pub fn faults(&self) -> Faults {
        self.chance.lock().faults().clone()
    }

    /// A further platform certificate, which signs from now on.
    ///
    /// # Errors
    /// Those of its files.
    pub fn change_certificate(&self) -> io::Result<()> {
        self.keys.new_certificate().map(|_| ())
    }

    /// Who signs: the key that a request asks for, or the one that the faults say.
    pub(super) fn signer(&self, wanted: Option<&str>) -> io::Result<Arc<PlatformSigner>> {
        let public = self.keys.public();
        if wanted == Some(public.serial.as_str()) {
            return Ok(public);
        }
        if !self.chance.lock().signs_with_certificate() {
            return Ok(public);
        }
        let mut certificates = self.keys.certificates()?;
        certificates.pop().ok_or_else(|| io::Error::other("there is no platform certificate"))
    }

    /// Looks at the books.
    pub(super) fn look<T>(&self, read: impl FnOnce(&Books) -> T) -> T {
        read(&self.state.lock().books)
    }

    /// An order for a number; the one that there is if it is the same.
    pub(super) fn prepay(&self, body: &PrepayBody) -> Result<String, Failed> {
        let now = wall_clock();
        let time_expire = requests::check_prepay(body, &self.appid, MCHID, now)?;
        let mut state = self.state.lock();
        expire(&mut state, &body.out_trade_no, now)?;
        if let Some(order) = state.books.order(&body.out_trade_no) {
            return requests::same_order(order, body).map(|()| order.made.prepay_id.clone()).map_err(Failed::from);
        }
        let prepay_id = format!("wx{}{}", day_and_time(now), random_digits(18));
        let made = Prepaid {
            out_trade_no: body.out_trade_no.clone(),
            prepay_id: prepay_id.clone(),
            openid: body.payer.openid.clone(),
            description: body.description.clone(),
            attach: body.attach.clone(),
            total: body.amount.total,
            time_expire,
            notify_url: body.notify_url.clone(),
        };
        state.record(now, Event::Prepaid(made))?;
        Ok(prepay_id)
    }

    /// The order of a number, as it is now.
    pub(super) fn order(&self, out_trade_no: &str) -> Result<Option<Order>, Failed> {
        let mut state = self.state.lock();
        expire(&mut state, out_trade_no, wall_clock())?;
        Ok(state.books.order(out_trade_no).cloned())
    }

    pub(super) fn close(&self, out_trade_no: &str) -> Result<(), Failed> {
        let now = wall_clock();
        let mut state = self.state.lock();
        expire(&mut state, out_trade_no, now)?;
        requests::check_close(state.books.order(out_trade_no))?;
        Ok(state.record(now, Event::Closed { out_trade_no: out_trade_no.to_owned() })?)
    }

    pub(super) fn ask_refund(&self, body: &RefundBody) -> Result<Refund, Failed> {
        let now = wall_clock();
        let mut state = self.state.lock();
        if let Some(refund) = state.books.refund(&body.out_refund_no) {
            return requests::same_refund(refund, body).map(|()| refund.clone()).map_err(Failed::from);
        }
        let order = match (&body.transaction_id, &body.out_trade_no) {
            (Some(number), _) => state.books.order_paid(number),
            (None, Some(number)) => state.books.order(number),
            (None, None) => None,
        };
        let (order, transaction_id) = requests::check_refund(order, body)?;
        let asked = RefundAsked {
            out_refund_no: body.out_refund_no.clone(),
            refund_id: format!("5030{}{}", day_and_time(now), random_digits(10)),
            transaction_id,
            out_trade_no: order.made.out_trade_no.clone(),
            refund: body.amount.refund,
            total: order.made.total,
            notify_url: body.notify_url.clone(),
        };
        state.record(now, Event::RefundAsked(asked))?;
        // It was recorded just now.
        state.books.refund(&body.out_refund_no).cloned().ok_or_else(|| Failed::Disk(io::Error::other("the refund is not in the books")))
    }

    /// Ends a refund and notifies. Whatever has ended stays as it is.
    pub(super) fn end_refund(&self, out_refund_no: &str, end: RefundState) -> Result<bool, Failed> {
        let mut state = self.state.lock();
        let is_open = |refund: &&Refund| super::books::is_open(refund.state) && refund.state != end;
        let Some(refund) = state.books.refund(out_refund_no).filter(is_open) else { return Ok(false) };
        let amount = refund.asked.refund;
        state.record(wall_clock(), Event::RefundEnded { out_refund_no: out_refund_no.to_owned(), state: end, refund: amount })?;
        let job = state.books.refund(out_refund_no).and_then(Job::of_refund);
        drop(state);
        job.into_iter().for_each(|job| self.enqueue(job));
        Ok(true)
    }

    /// The shopper begins to pay; until it ends, the order cannot be closed.
    pub(super) fn begin(&self, prepay_id: &str) -> Result<(), Failed> {
        self.shopper(prepay_id, |out_trade_no, _| Event::Paying { out_trade_no })
    }

    /// The payment fails.
    pub(super) fn fail(&self, prepay_id: &str) -> Result<(), Failed> {
        self.shopper(prepay_id, |out_trade_no, _| Event::PaymentFailed { out_trade_no })
    }

    /// The shopper pays, and the merchant is notified, unless the payment is delayed until the order is closed. An order that is paid
    /// stays so, and nothing happens.
    pub(super) fn confirm(&self, prepay_id: &str) -> Result<(), Failed> {
        let has_paid = |order: &Order| order.paid.is_some() || order.delay_millis.is_some();
        if self.look(|books| books.order_prepaid(prepay_id).is_some_and(has_paid)) {
            return Ok(());
        }
        let delay = self.chance.lock().payment_delay();
        if let Some(after_close_millis) = delay {
            return self.shopper(prepay_id, |out_trade_no, _| Event::PaymentDelayed { out_trade_no, after_close_millis });
        }
        self.shopper(prepay_id, paid)?;
        let job = self.look(|books| books.order_prepaid(prepay_id).and_then(|order| Job::of_payment(order, &self.appid)));
        job.into_iter().for_each(|job| self.enqueue(job));
        Ok(())
    }

    /// The delayed payment of a closed order arrives, and the merchant is notified.
    pub(super) fn arrive(&self, out_trade_no: &str) -> Result<(), Failed> {
        let mut state = self.state.lock();
        let order = state.books.order(out_trade_no).filter(|order| order.arrival_millis().is_some());
        let Some(total) = order.map(|order| order.made.total) else { return Ok(()) };
        state.record(wall_clock(), paid(out_trade_no.to_owned(), total))?;
        let job = state.books.order(out_trade_no).and_then(|order| Job::of_payment(order, &self.appid));
        drop(state);
        job.into_iter().for_each(|job| self.enqueue(job));
        Ok(())
    }

    fn shopper(&self, prepay_id: &str, event: impl FnOnce(String, u64) -> Event) -> Result<(), Failed> {
        let now = wall_clock();
        let mut state = self.state.lock();
        let number = state.books.order_prepaid(prepay_id).map(|order| order.made.out_trade_no.clone());
        let number = number.ok_or_else(|| Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在"))?;
        expire(&mut state, &number, now)?;
        let order = state.books.order(&number).filter(|order| is_payable(order.state));
        let total = order.ok_or_else(|| Refusal::new(409, "ORDER_CLOSED", "订单已支付、已关闭或已过期"))?.made.total;
        Ok(state.record(now, event(number, total))?)
    }

    fn enqueue(&self, job: Job) {
        if self.jobs.try_send(job).is_err() {
            tracing::warn!("the WeChat sandbox loses a notification: {JOBS_MAX} wait, or nothing sends them");
        }
    }
}

fn paid(out_trade_no: String, total: u64) -> Event {
    Event::Paid { out_trade_no, transaction_id: format!("4200{}{}", day_and_time(wall_clock()), random_digits(10)), total }
}

/// WeChat Pay closes what nobody has paid in time. Whose payment is delayed is closed by the merchant alone.
fn expire(state: &mut State, out_trade_no: &str, now: Timestamp) -> io::Result<()> {
    let has_expired = |order: &Order| {
        matches!(order.state, TradeState::NotPay | TradeState::PayError)
            && order.delay_millis.is_none()
            && order.made.time_expire.is_some_and(|expire| expire <= now)
    };
    if state.books.order(out_trade_no).is_some_and(has_expired) {
        state.record(now, Event::Closed { out_trade_no: out_trade_no.to_owned() })?;
    }
    Ok(())
}

/// `20261126163005`, as WeChat Pay's numbers begin.
fn day_and_time(at: Timestamp) -> String {
    let text = crate::platform::wechat::pay::render_time(at);
    text.chars().filter(char::is_ascii_digit).take(14).collect()
}

fn random_digits(count: usize) -> String {
    let mut random = rand::rng();
    (0..count).map(|_| char::from(b'0' + random.random_range(0..10_u8))).collect()
}
