//! Banners, as far as they are counted: who clicked on which, and how often. Pure: writing the counts is the server's.

mod clicks;

pub use clicks::{CLICK_WINDOW_MILLIS, Clicked, Clicks, REMEMBERED_MAX, Tally, Visitor};
