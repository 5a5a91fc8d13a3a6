//! The sign-in of the back office over HTTP, embedded (SQLite) and over MariaDB; with Redis in `redis`.

mod login;
mod permissions;
mod profile;
mod redis;
pub mod world;
