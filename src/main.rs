//! The `invset` binary.

fn main() {}
