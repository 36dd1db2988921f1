//! Claims that hold across crates, one module a claim.
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
mod sidecar;
mod tidy;
