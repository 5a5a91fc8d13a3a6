//! Ways to spoil a segment.

use rand::{Rng, rngs::SmallRng, seq::IndexedRandom};

use super::corpus::Sample;

/// Lengths and numbers at which decoders like to go wrong.
const EDGES: [u32; 12] = [0, 1, 7, 8, 23, 24, 25, 2048, 65_536, 65_560, 65_561, u32::MAX];

/// A sample, spoilt in one to eight ways.
pub fn mutate(samples: &[Sample], random: &mut SmallRng) -> Vec<u8> {
    let mut bytes = one_of(samples, random).to_vec();
    let rounds = if random.random_bool(0.5) { 1 } else { random.random_range(1..=8) };
    for _ in 0..rounds {
        if bytes.is_empty() {
            bytes.push(0);
        }
        spoil(&mut bytes, samples, random);
    }
    bytes
}

fn one_of<'a>(samples: &'a [Sample], random: &mut SmallRng) -> &'a [u8] {
    samples.choose(random).map_or(&[], |sample| &sample.bytes)
}

fn spoil(bytes: &mut Vec<u8>, samples: &[Sample], random: &mut SmallRng) {
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..9) {
        0 | 1 => bytes[at] ^= 1 << random.random_range(0..8),
        2 => bytes[at] = random.random(),
        3 => {
            let edge = EDGES.choose(random).copied().unwrap_or(0);
            put(bytes, at & !3, &edge.to_le_bytes());
        }
        4 => {
            let end = end_of_span(bytes.len(), at, random);
            bytes[at..end].fill(if random.random_bool(0.7) { 0 } else { random.random() });
        }
        5 => {
            let end = end_of_span(bytes.len(), at, random);
            random.fill(&mut bytes[at..end]);
        }
        6 => bytes.truncate(at),
        7 => {
            // From somewhere in the same segment: whole frames may move.
            let end = end_of_span(bytes.len(), at & !7, random);
            let piece = bytes[at & !7..end].to_vec();
            let to = random.random_range(0..bytes.len()) & !7;
            put(bytes, to, &piece);
        }
        _ => {
            // From another journal, to the same place or elsewhere.
            let other = one_of(samples, random);
            let from = random.random_range(0..other.len()) & !7;
            let end = end_of_span(other.len(), from, random);
            let to = if random.random_bool(0.5) { from } else { at & !7 };
            put(bytes, to, &other[from..end]);
        }
    }
}

fn end_of_span(length: usize, start: usize, random: &mut SmallRng) -> usize {
    let longest = if random.random_bool(0.5) { 32 } else { length - start };
    start + random.random_range(0..=longest.min(length - start))
}

fn put(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    if bytes.len() < at + piece.len() {
        bytes.resize(at + piece.len(), 0);
    }
    bytes[at..at + piece.len()].copy_from_slice(piece);
}
