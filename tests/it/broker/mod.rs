//! The broker for real: RabbitMQ at `RABBITMQ_URL` (amqp://guest:guest@127.0.0.1:5672/%2f). Each test has an exchange of its own, gone when dropped.

mod events;
pub mod proxy;
mod publisher;
pub mod rig;
mod schemas;
mod tail;
