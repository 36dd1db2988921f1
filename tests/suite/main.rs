//! Claims that hold across crates, one module a claim.
<<<<<<< HEAD
=======

>>>>>>> main
mod backends;
mod determinism;
mod examples;
mod golden_rules;
mod hostile;
mod oracle;
mod sidecar;
