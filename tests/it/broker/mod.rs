//! The broker for real: RabbitMQ at `RABBITMQ_URL` (amqp://guest:guest@127.0.0.1:5672/%2f). Each test has an exchange of its own, gone when dropped.

mod accounts;
mod alarms;
mod events;
mod exchange;
mod full_queue;
pub mod node;
pub mod proxy;
mod publisher;
pub mod rig;
mod schemas;
mod tail;
