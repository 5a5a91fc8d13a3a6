//! A shop small enough to be obviously right: one quota an item, keys remembered, HTTP by hand.
//! It is what the generator's tests compare with; it may be told to lose answers.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub struct Books {
    pub remaining: HashMap<u64, u32>,
    /// (authorization, key) to order number.
    pub orders: HashMap<(String, String), String>,
    /// Every n-th order is written and its connection closed without an answer.
    pub lose_every: Option<usize>,
}

pub struct FakeShop {
    pub address: SocketAddr,
    pub books: Arc<Mutex<Books>>,
}

impl FakeShop {
    pub fn start(books: Books) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let books = Arc::new(Mutex::new(books));
        let shared = books.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let books = shared.clone();
                std::thread::spawn(move || serve(stream.unwrap(), &books));
            }
        });
        Self { address, books }
    }
}

fn serve(stream: TcpStream, books: &Mutex<Books>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let header = |name: &str| head.iter().find_map(|line| Some(line.strip_prefix(name)?.to_owned()));
        let mut body = vec![0; header("Content-Length: ")?.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        assert_eq!(body, b"{\"quantity\": 1}");
        let item = head[0].split('/').nth(4)?.parse().ok()?;
        let (status, answer) = books.lock().unwrap().buy(item, header("Authorization: ")?, header("Idempotency-Key: ")?)?;
        let text = format!("HTTP/1.1 {status} Done\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        writer.write_all(text.as_bytes()).ok()?;
    }
}

impl Books {
    fn buy(&mut self, item: u64, authorization: String, key: String) -> Option<(u16, String)> {
        if let Some(order_no) = self.orders.get(&(authorization.clone(), key.clone())) {
            return Some((200, format!("{{\"order_no\":\"{order_no}\"}}")));
        }
        let remaining = self.remaining.get_mut(&item).unwrap();
        if *remaining == 0 {
            return Some((409, "{\"code\":\"sold_out\"}".to_owned()));
        }
        *remaining -= 1;
        let order_no = format!("NO{}", self.orders.len());
        self.orders.insert((authorization, key), order_no.clone());
        if self.lose_every.is_some_and(|every| self.orders.len().is_multiple_of(every)) {
            return None;
        }
        Some((201, format!("{{\"order_no\":\"{order_no}\"}}")))
    }
}
