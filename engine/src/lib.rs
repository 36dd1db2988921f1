//! The pure heart of Lockgate: texts in, verdicts out.
//!
//! No files, no sockets, no YAML, no model runtime. See `ARCHITECTURE.md`.

mod classes;
pub mod classify;
pub mod dictionary;
pub mod finding;
pub mod normalize;
pub mod pattern;
pub mod policy;
pub mod prefilter;
pub mod redact;
pub mod rule;
pub mod ruleset;
pub mod screen;
pub mod text;
pub mod trace;
pub mod validate;
