//! The Lockgate service.
