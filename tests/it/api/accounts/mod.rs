//! Accounts over HTTP, embedded (SQLite, no Redis) and with servers (MariaDB, Redis), by a sandbox of WeChat and a stand-in for the SMS service.

mod agreements;
mod cancellation;
mod login;
mod profile;
mod sessions;
mod sms;
mod wechat;
mod world;
