//! A journal in memory, in which every record is durable at once.

use std::sync::Mutex;

use mallcore_actors::facts::Record;
use mallcore_actors::journal::{Durable, EnqueueError, Identity, Journal, ReadError, Sequence, Usage};
use tokio::sync::watch;

pub struct MemoryJournal {
    pub identity: Identity,
    payloads: Mutex<Vec<Vec<u8>>>,
    durable: watch::Sender<Durable>,
    pub first: Sequence,
    pub released: Mutex<Sequence>,
}

impl MemoryJournal {
    pub fn new() -> Self {
        Self {
            identity: Identity { uuid: uuid::Uuid::new_v4(), epoch: 1 },
            payloads: Mutex::default(),
            durable: watch::channel(Durable::Through(Sequence::ZERO)).0,
            first: Sequence(1),
            released: Mutex::default(),
        }
    }

    pub fn append(&self, record: &Record) -> Sequence {
        let mut payload = Vec::new();
        record.encode_into(&mut payload);
        self.enqueue(&payload).unwrap()
    }
}

impl MemoryJournal {
    pub fn append_all(&self, records: &[Record]) {
        for record in records {
            self.append(record);
        }
    }
}

impl Journal for MemoryJournal {
    fn identity(&self) -> Identity {
        self.identity
    }

    fn enqueue(&self, payload: &[u8]) -> Result<Sequence, EnqueueError> {
        let mut payloads = self.payloads.lock().unwrap();
        payloads.push(payload.to_vec());
        let sequence = Sequence(payloads.len() as u64);
        self.durable.send_replace(Durable::Through(sequence));
        Ok(sequence)
    }

    fn last_enqueued(&self) -> Sequence {
        Sequence(self.payloads.lock().unwrap().len() as u64)
    }

    fn durable(&self) -> watch::Receiver<Durable> {
        self.durable.subscribe()
    }

    fn read(&self, from: Sequence, bytes_max: usize, visit: &mut dyn FnMut(Sequence, &[u8])) -> Result<Sequence, ReadError> {
        let payloads = self.payloads.lock().unwrap();
        let (mut at, mut bytes) = (from, 0);
        while bytes < bytes_max
            && let Some(payload) = payloads.get(at.0 as usize - 1)
        {
            visit(at, payload);
            bytes += payload.len();
            at = at.next();
        }
        Ok(at)
    }

    fn first_retained(&self) -> Sequence {
        self.first
    }

    fn release(&self, through: Sequence) {
        *self.released.lock().unwrap() = through;
    }

    fn usage(&self) -> Usage {
        Usage { used_bytes: 0, budget_bytes: u64::MAX }
    }
}
