//! A door to the broker that can be shut, or be open and lead nowhere.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::rig::SOON;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Leads to the broker.
    Open,
    /// Whoever is inside is thrown out, whoever comes is sent away.
    Shut,
    /// Connections are taken and kept; not a byte goes through.
    Hanging,
}

/// The door; gone with the test's runtime.
pub struct Proxy {
    pub address: SocketAddr,
    door: watch::Sender<Door>,
    guests: watch::Receiver<usize>,
}

impl Proxy {
    pub async fn to(target: String, door: Door) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (door, doors) = watch::channel(door);
        let (count, guests) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                let (guest, _) = listener.accept().await.unwrap();
                let (target, doors, count) = (target.clone(), doors.clone(), count.clone());
                tokio::spawn(async move {
                    count.send_modify(|guests| *guests += 1);
                    serve(guest, target, doors).await;
                    count.send_modify(|guests| *guests -= 1);
                });
            }
        });
        Self { address, door, guests }
    }

    /// Waits until so many connections are open.
    pub async fn has_guests(&self, wanted: usize) {
        let mut guests = self.guests.clone();
        tokio::time::timeout(SOON, guests.wait_for(|guests| *guests == wanted)).await.expect("connections stay open").unwrap();
    }

    pub fn set(&self, door: Door) {
        self.door.send_replace(door);
    }
}

async fn serve(mut guest: TcpStream, target: String, mut doors: watch::Receiver<Door>) {
    let mut broker = None;
    loop {
        let door = *doors.borrow_and_update();
        match door {
            Door::Shut => return,
            Door::Hanging => {
                let mut unread = [0; 1024];
                tokio::select! {
                    read = guest.read(&mut unread) => if read.unwrap_or(0) == 0 { return },
                    changed = doors.changed() => changed.unwrap_or_default(),
                }
            }
            Door::Open => {
                let broker = match &mut broker {
                    Some(broker) => broker,
                    None => broker.insert(TcpStream::connect(&target).await.unwrap()),
                };
                tokio::select! {
                    _ = copy_bidirectional(&mut guest, broker) => return,
                    changed = doors.changed() => changed.unwrap_or_default(),
                }
            }
        }
    }
}
