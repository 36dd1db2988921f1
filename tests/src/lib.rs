//! Harness of the test suite: dice, generators and the oracle.
//!
//! Everything random here comes from [`dice::Dice`], so every run is the same
//! run and a failing case is named by one number. `TESTS_FULL=1` makes the long
//! suites long: see [`times`].

#![allow(clippy::unwrap_used, clippy::expect_used)] // a harness that fails is a failing test

pub mod dice;
pub mod make;
pub mod oracle;
pub mod shipped;

/// Whether the long form of the suites was asked for, by `TESTS_FULL=1`.
pub fn full() -> bool {
    std::env::var_os("TESTS_FULL").is_some_and(|value| value != "0")
}

/// How many cases to run: `short` in every run, `long` with `TESTS_FULL=1`.
pub fn times(short: usize, long: usize) -> usize {
    if full() { long } else { short }
}
