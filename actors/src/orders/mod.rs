//! Orders: what was bought, until when it may be paid, and where it stands.

mod attempts;
mod basket;
mod book;
mod changes;
mod closing;
mod commands;
mod deadlines;
mod facts;
pub mod fold;
mod fulfilment;
mod handle;
mod ids;
mod keys;
mod loading;
mod order;
mod paying;
mod placed;
mod placing;
mod progress;
mod receiving;
mod refunding;
mod shard;
mod shipping;
mod status;
pub mod steps;
mod trade_no;
mod trading;

pub use attempts::{Attempt, AttemptState, Paying, PaymentEnded, PaymentStarted, PaymentStrayed, Stray, Trade, TradeTaken, Transaction};
pub use basket::{BadOrder, Basket};
pub use book::OrderBook;
pub use changes::{Lane, change};
pub use commands::{Changed, Command, Read, carry_out, closed_by};
pub use deadlines::Deadlines;
pub use facts::{
    CloseReason, FlashRef, IdsFact, IdsReserved, Line, Lines, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced, Return,
};
pub use fulfilment::{
    Carrier, LinePieces, OrderRefunded, PARCELS_MAX, Parcel, ParcelShipped, Payer, Payment, PaymentChannel, PaymentTaken, Pieces,
    REFUNDS_MAX, Refund, RefundedLine, Tracking,
};
pub use handle::OrdersHandle;
pub use ids::OrderIds;
pub use keys::{KEYS_MAX_PER_USER, REMEMBERED_MILLIS};
pub use loading::OrderLoader;
pub use order::{Decided, Order, OrderCommand};
pub use placed::{
    ADDRESS_BYTES_MAX, AddressSnapshot, Amounts, BadAddress, BasketLine, BasketPlaced, Delivery, Described, LINES_MAX, Picture, Remark,
    Spec, TEXT_BYTES_MAX, Title,
};
pub use placing::{Refused, Skus, place, place_in_turn};
pub use progress::{LineProgress, Part, Progress};
pub use receiving::ReceivedBy;
pub use refunding::RefundCommand;
pub use shard::{Deadline, OrderShard, TakenIn};
pub use status::{PaymentStatus, Status};
pub use trade_no::{ATTEMPTS_MAX, AttemptNumber, BadTradeNo, TradeNo};
pub use trading::{Heard, PAYMENT_OPEN, RULES, Step, TOO_MANY_ATTEMPTS, UNKNOWN_ATTEMPT, next_step};
