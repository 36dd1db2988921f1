//! The Lockgate service.

pub mod wire;
