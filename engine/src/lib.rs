//! The pure heart of Lockgate: texts in, verdicts out.
//!
//! No files, no sockets, no YAML, no model runtime. See `ARCHITECTURE.md`.

mod block;
mod classes;
pub mod classify;
mod confirm;
mod context;
pub mod decode;
pub mod dictionary;
pub mod finding;
mod matcher;
pub mod normalize;
pub mod pattern;
mod phrase;
pub mod policy;
pub mod prefilter;
pub mod redact;
pub mod rule;
pub mod ruleset;
pub mod screen;
pub mod text;
pub mod trace;
pub mod validate;
