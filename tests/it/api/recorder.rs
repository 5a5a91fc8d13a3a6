//! A way to MariaDB that notes every statement on it, with the values that it was sent with.
//! - A client's packet with number 0 is a command: a text (`COM_QUERY`), a text to prepare, or values for a prepared one.
//!
//! Not here: what is made of the statements (`explained.rs`).

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const QUERY: u8 = 0x03;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;

/// Statements by their text with `?`, each with the values of its last execution written out.
pub type Statements = BTreeMap<String, String>;

pub struct Recorder {
    pub address: SocketAddr,
    seen: Arc<Mutex<Statements>>,
}

impl Recorder {
    pub async fn to(server: (String, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Statements::new()));
        let of_all = Arc::clone(&seen);
        // A thread of its own, as for every server beside a test.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let listener = listener.into_std().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(carry(client, server.clone(), Arc::clone(&of_all)));
                }
            });
        });
        Self { address, seen }
    }

    /// What was seen since the last time.
    pub fn take(&self) -> Statements {
        std::mem::take(&mut self.seen.lock())
    }
}

async fn carry(mut client: TcpStream, server: (String, u16), seen: Arc<Mutex<Statements>>) {
    let Ok(mut server) = TcpStream::connect((server.0.as_str(), server.1)).await else { return };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut conversation = Conversation::default();
    loop {
        // What is asked is understood before it is answered.
        let carried = tokio::select! {
            read = client.read(&mut up) => match read {
                Ok(read) if read > 0 => {
                    conversation.asked(&up[..read], &seen);
                    server.write_all(&up[..read]).await
                }
                _ => return,
            },
            read = server.read(&mut down) => match read {
                Ok(read) if read > 0 => {
                    conversation.answered(&down[..read]);
                    client.write_all(&down[..read]).await
                }
                _ => return,
            },
        };
        if carried.is_err() {
            return;
        }
    }
}

struct Prepared {
    text: String,
    parameters: usize,
    /// Type and flags of each; sent again only if they are others.
    types: Vec<[u8; 2]>,
}

#[derive(Default)]
struct Conversation {
    /// Bytes of the client that are no whole packet yet.
    half: Vec<u8>,
    preparing: Option<(String, Vec<u8>)>,
    prepared: HashMap<u32, Prepared>,
}

impl Conversation {
    fn asked(&mut self, bytes: &[u8], seen: &Mutex<Statements>) {
        self.half.extend_from_slice(bytes);
        while let Some((number, payload)) = packet(&self.half) {
            let (number, payload) = (number, payload.to_vec());
            self.half.drain(..4 + payload.len());
            let text = |from: usize| String::from_utf8_lossy(&payload[from..]).into_owned();
            match payload.first() {
                Some(&QUERY) if number == 0 => drop(seen.lock().insert(text(1), text(1))),
                Some(&PREPARE) if number == 0 => self.preparing = Some((text(1), Vec::new())),
                Some(&EXECUTE) if number == 0 => {
                    let id = u32::from_le_bytes(payload[1..5].try_into().unwrap());
                    let prepared = self.prepared.get_mut(&id).expect("what is executed was prepared");
                    let written = prepared.with_values(&payload[10..]);
                    seen.lock().insert(prepared.text.clone(), written);
                }
                _ => {}
            }
        }
    }

    fn answered(&mut self, bytes: &[u8]) {
        let Some((_, answer)) = &mut self.preparing else { return };
        answer.extend_from_slice(bytes);
        let Some((_, payload)) = packet(answer) else { return };
        if payload.first() == Some(&0) {
            let id = u32::from_le_bytes(payload[1..5].try_into().unwrap());
            let parameters = usize::from(u16::from_le_bytes(payload[7..9].try_into().unwrap()));
            let (text, _) = self.preparing.as_ref().unwrap();
            self.prepared.insert(id, Prepared { text: text.clone(), parameters, types: Vec::new() });
        }
        self.preparing = None;
    }
}

/// The first whole packet's number and payload.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let head = bytes.get(..4)?;
    let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
    Some((head[3], bytes.get(4..4 + length)?))
}

impl Prepared {
    /// The text with values: NULLs as bits, whether types follow, types, values.
    fn with_values(&mut self, sent: &[u8]) -> String {
        let mut values = Vec::new();
        if self.parameters > 0 {
            let (nulls, rest) = sent.split_at(self.parameters.div_ceil(8));
            let mut rest = &rest[1..];
            if sent[nulls.len()] == 1 {
                let (types, after) = rest.split_at(self.parameters * 2);
                self.types = types.chunks(2).map(|of_one| [of_one[0], of_one[1]]).collect();
                rest = after;
            }
            for (place, of_one) in self.types.iter().enumerate() {
                let is_null = nulls[place / 8] >> (place % 8) & 1 == 1;
                values.push(if is_null { "NULL".to_owned() } else { literal(*of_one, &mut rest) });
            }
        }
        let mut values = values.into_iter();
        // Texts of the project have no question mark but for values.
        let written: String = self.text.split_inclusive('?').map(|part| filled(part, &mut values)).collect();
        assert_eq!(values.next(), None, "{}", self.text);
        written
    }
}

fn filled(part: &str, values: &mut impl Iterator<Item = String>) -> String {
    match part.strip_suffix('?') {
        Some(before) => before.to_owned() + &values.next().expect("a value for each"),
        None => part.to_owned(),
    }
}

fn taken<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (first, rest) = bytes.split_at(count);
    *bytes = rest;
    first
}

fn literal([kind, flags]: [u8; 2], bytes: &mut &[u8]) -> String {
    let number = |bytes: &[u8]| {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let unsigned = u64::from_le_bytes(wide);
        let shift = 64 - 8 * bytes.len() as u32;
        if flags & 0x80 != 0 { unsigned.to_string() } else { ((unsigned << shift) as i64 >> shift).to_string() }
    };
    match kind {
        0x01 => number(taken(bytes, 1)),
        0x02 => number(taken(bytes, 2)),
        0x03 => number(taken(bytes, 4)),
        0x08 => number(taken(bytes, 8)),
        0x05 => f64::from_le_bytes(taken(bytes, 8).try_into().unwrap()).to_string(),
        // Year, month, day, hour, minute, second, microsecond; zeros at the end are left out.
        0x07 | 0x0a | 0x0c => {
            let length = usize::from(taken(bytes, 1)[0]);
            let mut at = [0; 11];
            at[..length].copy_from_slice(taken(bytes, length));
            let micros = u32::from_le_bytes(at[7..11].try_into().unwrap());
            let year = u16::from_le_bytes([at[0], at[1]]);
            format!("'{year:04}-{:02}-{:02} {:02}:{:02}:{:02}.{micros:06}'", at[2], at[3], at[4], at[5], at[6])
        }
        _ => {
            let length = match taken(bytes, 1)[0] {
                0xfc => u64::from(u16::from_le_bytes(taken(bytes, 2).try_into().unwrap())),
                0xfd => u64::from(u32::from_le_bytes([taken(bytes, 3), &[0]].concat().try_into().unwrap())),
                0xfe => u64::from_le_bytes(taken(bytes, 8).try_into().unwrap()),
                short => u64::from(short),
            };
            let text = taken(bytes, length as usize);
            match std::str::from_utf8(text) {
                Ok(text) if !text.contains(['\'', '\\', '?', '\0']) => format!("'{text}'"),
                _ => format!("X'{}'", text.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
            }
        }
    }
}
