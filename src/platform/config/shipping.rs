//! What follows when something is sent: who is asked where parcels are, and what WeChat is told.

use super::mode::Mode;
use super::reader::Reader;
use super::secret::Secret;
use super::servers::base_url;
use crate::platform::wechat::messages::MiniProgramState;
use crate::platform::wechat::template::MessageTemplate;

/// Who is asked where parcels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackingKind {
    /// Nobody: shoppers see carrier and number.
    None,
    /// Ways are made up; never in production.
    Sandbox,
    /// 快递100, with the account in [`Shipping::kuaidi100`].
    Kuaidi100,
}

/// `TRACKING_*`, `KUAIDI100_*`, `WECHAT_SHIPPING_UPLOAD` and `WECHAT_MESSAGE_*`.
#[derive(Debug, Clone)]
pub struct Shipping {
    /// Who is asked; the default is `sandbox`, in production `none`.
    pub tracking: TrackingKind,
    /// Seconds in which one parcel is asked about once.
    pub tracking_fresh_seconds: u64,
    /// The account, where 快递100 is asked.
    pub kuaidi100: Option<Kuaidi100>,
    /// Whether WeChat is told of parcels of orders that were paid there.
    pub upload: bool,
    /// What shoppers are told through WeChat.
    pub messages: Messages,
}

/// `KUAIDI100_*`: an account of 快递100.
#[derive(Debug, Clone)]
pub struct Kuaidi100 {
    /// Where its API is.
    pub api_base: String,
    /// Number of the customer.
    pub customer: String,
    /// The authorised key.
    pub key: Secret,
}

/// `WECHAT_MESSAGE_*`: templates of subscribe messages; nothing is sent for an event without one.
#[derive(Debug, Clone)]
pub struct Messages {
    /// An order was paid.
    pub paid: Option<MessageTemplate>,
    /// A parcel is on its way, or goods wait to be picked up.
    pub shipped: Option<MessageTemplate>,
    /// An order was received.
    pub completed: Option<MessageTemplate>,
    /// Money went back.
    pub refunded: Option<MessageTemplate>,
    /// The page that a tap opens; `{order_no}` and `{order_id}` stand for the order.
    pub page: Option<String>,
    /// Which version of the mini-program a tap opens.
    pub state: MiniProgramState,
}

impl Messages {
    /// Whether there is a template for any event.
    pub const fn is_any(&self) -> bool {
        self.paid.is_some() || self.shipped.is_some() || self.completed.is_some() || self.refunded.is_some()
    }

    fn read(reader: &mut Reader) -> Self {
        let mut template = |variable| {
            let text = reader.text(variable)?;
            MessageTemplate::parse(&text).map_err(|reason| reader.fault(variable, reason)).ok()
        };
        let [paid, shipped, completed, refunded] =
            ["WECHAT_MESSAGE_PAID", "WECHAT_MESSAGE_SHIPPED", "WECHAT_MESSAGE_COMPLETED", "WECHAT_MESSAGE_REFUNDED"].map(&mut template);
        let states = [("formal", MiniProgramState::Formal), ("trial", MiniProgramState::Trial), ("developer", MiniProgramState::Developer)];
        Self {
            paid,
            shipped,
            completed,
            refunded,
            page: reader.text("WECHAT_MESSAGE_PAGE"),
            state: reader.choice("WECHAT_MESSAGE_STATE", MiniProgramState::Formal, &states),
        }
    }
}

impl Shipping {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        let words = [("none", TrackingKind::None), ("sandbox", TrackingKind::Sandbox), ("kuaidi100", TrackingKind::Kuaidi100)];
        let default = if mode == Mode::Production { TrackingKind::None } else { TrackingKind::Sandbox };
        let tracking = reader.choice("TRACKING_PROVIDER", default, &words);
        if tracking == TrackingKind::Sandbox && mode == Mode::Production {
            reader.fault("TRACKING_PROVIDER", "has to be `kuaidi100` or `none` in production: `sandbox` makes ways up");
        }
        let tracking_fresh_seconds = reader.number("TRACKING_FRESH_SECONDS", 1_800, 60..=86_400);
        let api_base = reader.text_or("KUAIDI100_API_BASE", "https://poll.kuaidi100.com");
        if let Err(reason) = base_url(&api_base, mode) {
            reader.fault("KUAIDI100_API_BASE", reason);
        }
        let (customer, key) = (reader.text("KUAIDI100_CUSTOMER"), reader.secret("KUAIDI100_KEY"));
        if tracking == TrackingKind::Kuaidi100 {
            for name in [customer.is_none().then_some("KUAIDI100_CUSTOMER"), key.is_none().then_some("KUAIDI100_KEY")].into_iter().flatten()
            {
                reader.fault(name, "has to be set when TRACKING_PROVIDER is kuaidi100");
            }
        }
        let account = customer.zip(key).filter(|_| tracking == TrackingKind::Kuaidi100);
        let kuaidi100 = account.map(|(customer, key)| Kuaidi100 { api_base, customer, key });
        let upload = reader.flag("WECHAT_SHIPPING_UPLOAD", true);
        Self { tracking, tracking_fresh_seconds, kuaidi100, upload, messages: Messages::read(reader) }
    }
}
