//! Claims that hold across crates, one module a claim.
mod golden_rules;

mod reload;
mod sidecar;
