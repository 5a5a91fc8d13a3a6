//! How long shoppers and merchant have when something is to be refunded.

use mallcore_actors::after_sales::Terms;

use super::reader::Reader;

const MILLIS_OF_DAY: u64 = 86_400_000;

/// `AFTER_SALE_*`: the time limits of after-sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterSales {
    /// Days after the receipt of an order in which a case may be applied for.
    pub window_days: u32,
    /// Days in which the merchant has to answer.
    pub answer_days: u32,
    /// Days in which the shopper has to send the goods.
    pub return_days: u32,
    /// Days in which the merchant has to receive the goods.
    pub receive_days: u32,
    /// Whether what the merchant does not answer, or receive, in time is approved by time.
    pub approves_by_time: bool,
}

impl AfterSales {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            window_days: reader.number("AFTER_SALE_WINDOW_DAYS", 7, 1..=365),
            answer_days: reader.number("AFTER_SALE_ANSWER_DAYS", 2, 1..=60),
            return_days: reader.number("AFTER_SALE_RETURN_DAYS", 7, 1..=60),
            receive_days: reader.number("AFTER_SALE_RECEIVE_DAYS", 10, 1..=60),
            approves_by_time: reader.flag("AFTER_SALE_AUTO_APPROVE", false),
        }
    }

    /// As the core reckons with them.
    pub fn terms(&self) -> Terms {
        let millis = |days: u32| u64::from(days) * MILLIS_OF_DAY;
        Terms {
            window_millis: millis(self.window_days),
            answer_millis: millis(self.answer_days),
            return_millis: millis(self.return_days),
            receive_millis: millis(self.receive_days),
            approves_by_time: self.approves_by_time,
        }
    }
}
