//! WeChat Pay: the real client against the sandbox over HTTP, both against the vectors of other people's SDKs, and against one SDK itself.

mod answers;
mod certificates;
mod files;
mod independent;
mod notifications;
mod payment;
mod refunds;
mod shop;
mod vectors;
mod world;
