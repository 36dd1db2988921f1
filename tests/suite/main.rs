//! Claims that hold across crates, one module a claim.

mod sidecar;
