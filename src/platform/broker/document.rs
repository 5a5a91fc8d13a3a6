//! What other services read: one JSON document an event, as docs/events describes them. A field's meaning never changes; fields may be added.
//! What concerns nobody outside stays inside: idempotency keys, fingerprints. The features say what the `data` of their facts is.

use mallcore_actors::facts::Record;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Outgoing;
use crate::platform::rfc3339::Rfc3339;

/// Of the envelope: grows when a reader has to change.
const VERSION: u8 = 1;

/// The `data` of the event that tells of a fact: JSON that fits its schema in docs/events.
pub type Data = Box<RawValue>;

/// Renders the `data` of any fact.
pub type Documents = fn(&Fact) -> Data;

#[derive(Serialize)]
struct Envelope<'a> {
    version: u8,
    sequence: u64,
    journal: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
    occurred_at: Rfc3339,
    data: &'a RawValue,
}

/// JSON of a value that has only numbers, texts and lists of them, so that rendering cannot fail.
pub fn data(value: &impl Serialize) -> Data {
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The message that tells of this record.
pub fn message(journal: Uuid, sequence: Sequence, record: &Record, documents: Documents) -> Outgoing {
    let kind = record.fact.name();
    let data = documents(&record.fact);
    let occurred_at = record.header.at.into();
    let envelope = Envelope { version: VERSION, sequence: sequence.0, journal, kind, occurred_at, data: &data };
    Outgoing {
        id: sequence.to_string(),
        kind: kind.into(),
        occurred_at: record.header.at,
        headers: vec![("journal", journal.to_string())],
        // Numbers, texts and lists of them: this cannot fail.
        body: serde_json::to_vec(&envelope).unwrap_or_default(),
    }
}
