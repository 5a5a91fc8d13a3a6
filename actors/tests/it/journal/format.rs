//! The codec: any bytes, any single flipped bit.

use mallcore_actors::journal::{
    Sequence,
    format::{
        Decoded, FRAME_HEAD_BYTES, FrameSeed, HEADER_BYTES, HeaderFault, PAYLOAD_BYTES_MAX, SegmentHeader, SegmentNumber, decode,
        frame_bytes, push_unsealed, seal,
    },
};
use proptest::prelude::*;
use uuid::Uuid;

fn header(number: u64) -> SegmentHeader {
    SegmentHeader { uuid: Uuid::from_u128(0x1234), epoch: 3, number: SegmentNumber(number) }
}

fn frame(seed: FrameSeed, sequence: u64, committed: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_unsealed(&mut bytes, Sequence(sequence), payload);
    seal(&mut bytes, seed, Sequence(committed));
    bytes
}

#[test]
fn every_flipped_bit_of_a_frame_is_noticed() {
    let seed = header(1).seed();
    for payload_bytes in [0, 1, 7, 8, 9, 200] {
        let good = frame(seed, 5, 4, &vec![0xA5; payload_bytes]);
        assert_eq!(good.len(), frame_bytes(payload_bytes));
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes.extend_from_slice(&[0; 64]);
            assert_eq!(decode(&bytes, seed), Decoded::Bad, "bit {bit} of a payload of {payload_bytes} bytes");
        }
    }
}

#[test]
fn every_flipped_bit_of_a_header_is_noticed() {
    let good = header(1).encode();
    assert_eq!(SegmentHeader::decode(&good), Ok(header(1)));
    for bit in 0..HEADER_BYTES * 8 {
        let mut bytes = good;
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderFault::Damaged), "bit {bit}");
    }
    assert_eq!(SegmentHeader::decode(&good[..HEADER_BYTES - 1]), Err(HeaderFault::Damaged));
}

#[test]
fn a_frame_is_valid_in_its_own_place_only() {
    let here = header(1);
    let bytes = frame(here.seed(), 5, 4, b"mine");
    for other in [header(2), SegmentHeader { epoch: 4, ..here }, SegmentHeader { uuid: Uuid::from_u128(1), ..here }] {
        assert_eq!(decode(&bytes, other.seed()), Decoded::Bad);
    }
    let there = frame(here.seed().at(4096), 5, 4, b"mine");
    assert!(matches!(decode(&there, here.seed().at(4096)), Decoded::Frame(_)));
    for elsewhere in (0..1 << 26).step_by(8).filter(|offset| *offset != 4096) {
        assert_eq!(decode(&there, here.seed().at(elsewhere)), Decoded::Bad, "byte {elsewhere}");
    }
}

#[test]
fn zeros_are_the_end() {
    for length in [0, 1, 8, FRAME_HEAD_BYTES, 1000] {
        assert_eq!(decode(&vec![0; length], header(1).seed()), Decoded::End, "{length} bytes");
    }
}

#[test]
fn names_and_numbers_of_files_belong_together() {
    assert_eq!(SegmentNumber(42).file_name(), "000000000042.segment");
    assert_eq!(SegmentNumber::of_file("000000000042.segment"), Some(SegmentNumber(42)));
    for other in ["42.segment", "000000000042.segment.preparing", "lock", "+00000000042.segment", ".segment"] {
        assert_eq!(SegmentNumber::of_file(other), None, "{other}");
    }
    let long = SegmentNumber(u64::MAX);
    assert_eq!(SegmentNumber::of_file(&long.file_name()), Some(long));
}

proptest! {
    #[test]
    fn any_record_reads_back(payload in prop::collection::vec(any::<u8>(), 0..2000), sequence in 1..u64::MAX, back in 1..100_u64) {
        let seed = header(9).seed();
        let committed = sequence.saturating_sub(back);
        let mut bytes = frame(seed, sequence, committed, &payload);
        let length = bytes.len();
        bytes.extend_from_slice(&[0xFF; 40]);
        let Decoded::Frame(read) = decode(&bytes, seed) else { panic!("not read") };
        prop_assert_eq!((read.sequence, read.committed, read.payload, read.bytes), (Sequence(sequence), Sequence(committed), &payload[..], length));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), length in any::<u32>()) {
        let seed = header(1).seed();
        prop_assert_eq!(matches!(decode(&bytes, seed), Decoded::Frame(_)), false);
        let _ = SegmentHeader::decode(&bytes);
        let mut lying = bytes;
        if lying.len() >= 8 {
            lying[4..8].copy_from_slice(&length.to_le_bytes());
            prop_assert_eq!(matches!(decode(&lying, seed), Decoded::Frame(_)), false);
        }
    }

    #[test]
    fn a_frame_cut_short_is_not_one(payload_bytes in 0..300_usize, keep in 0..300_usize) {
        let seed = header(1).seed();
        let mut bytes = frame(seed, 2, 1, &vec![1; payload_bytes]);
        bytes.truncate(keep.min(bytes.len() - 1));
        prop_assert_eq!(matches!(decode(&bytes, seed), Decoded::Frame(_)), false);
    }
}

#[test]
fn a_length_above_the_longest_payload_is_bad_even_with_the_bytes_there() {
    let seed = header(1).seed();
    let mut bytes = vec![1; PAYLOAD_BYTES_MAX + 200];
    bytes[4..8].copy_from_slice(&((FRAME_HEAD_BYTES + PAYLOAD_BYTES_MAX + 1) as u32).to_le_bytes());
    bytes[16..24].fill(0);
    seal(&mut bytes[..frame_bytes(PAYLOAD_BYTES_MAX + 1)], seed, Sequence(0));
    assert_eq!(decode(&bytes, seed), Decoded::Bad);
}
