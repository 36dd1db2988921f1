//! `lockgate`: the one binary.

fn main() {}
