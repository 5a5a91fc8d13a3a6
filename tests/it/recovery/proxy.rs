//! A private way to the database that can be cut, or left hanging: the server that everybody shares stays up.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Connections end, and new ones as soon as they are made.
    Cut,
    /// Connections stay, and nothing passes any more: what was open before is never heard of again.
    Hanging,
}

pub struct Proxy {
    pub address: SocketAddr,
    way: watch::Sender<Way>,
}

impl Proxy {
    pub async fn to(server: (String, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = watch::Sender::new(Way::Open);
        let ways = way.clone();
        // A thread of its own: the test may block while it waits for a process.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let listener = listener.into_std().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(carry(client, server.clone(), ways.subscribe()));
                }
            });
        });
        Self { address, way }
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn carry(mut client: TcpStream, server: (String, u16), mut way: watch::Receiver<Way>) {
    let begun = *way.borrow_and_update();
    if begun == Way::Cut {
        return;
    }
    let Ok(mut server) = TcpStream::connect((server.0.as_str(), server.1)).await else { return };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        // Once it hangs, a connection hangs for good.
        if *way.borrow() == Way::Hanging {
            if way.wait_for(|way| *way == Way::Cut).await.is_ok() {
                return;
            }
            std::future::pending::<()>().await;
        }
        let went_well = tokio::select! {
            read = client.read(&mut up) => forward(read, &up, &mut server).await,
            read = server.read(&mut down) => forward(read, &down, &mut client).await,
            changed = way.changed() => changed.is_ok() && *way.borrow() != Way::Cut,
        };
        if !went_well {
            return;
        }
    }
}

async fn forward(read: std::io::Result<usize>, bytes: &[u8], to: &mut TcpStream) -> bool {
    match read {
        Ok(0) | Err(_) => false,
        Ok(read) => to.write_all(&bytes[..read]).await.is_ok(),
    }
}
