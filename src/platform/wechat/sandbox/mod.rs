//! WeChat for those who have none: a server on loopback that speaks the login protocol and WeChat Pay (`pay`) as WeChat does, so that the real
//! clients run everywhere.
//! - S1 It listens on 127.0.0.1 only, and production refuses it.
//! - S2 A code is good once and for five minutes; one of another kind, another app id or another secret is refused with WeChat's numbers.
//! - S3 The same user of the sandbox always has the same `openid`, also after a restart; phones are told apart in the same way.
//! - S4 Parcels and subscribe messages are checked as WeChat documents it, and kept; faults come on demand.

mod codes;
pub mod faults;
pub mod messages;
pub mod pay;
mod server;
pub mod shipping;

pub use codes::{APPID, SECRET, Sandbox};
pub use server::{SandboxCode, start};
