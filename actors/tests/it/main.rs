//! Integration tests, one binary.

mod journal;
