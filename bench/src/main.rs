//! mall-bench.
fn main() {}
