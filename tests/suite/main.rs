//! Claims that hold across crates, one module a claim.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a claim that cannot be asked is a failed claim

mod backends;
mod determinism;
mod examples;
mod golden_rules;
mod hostile;
mod numbers;
mod offsets;
mod oracle;
mod policy;
mod redaction;
mod reload;
mod sidecar;
mod tidy;
