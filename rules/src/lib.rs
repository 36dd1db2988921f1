//! Rule packs and policies as files: loaded, checked, explained.
//!
//! What the files say is written down in [`written`]; [`load`] reads them from
//! the binary or a folder, [`compile`] makes the engine's ruleset of them, and
//! [`check`] runs each rule's own examples and the lints. Whatever is wrong
//! becomes a [`Report`] with file, line, caret and remedy, and all of it comes
//! at once.
//!
//! This crate decides nothing about texts: that is the engine's business.
//!
//! ```
//! use rules::Source;
//!
//! let loaded = rules::load(&Source::Embedded).map_err(|reports| rules::report::render_all(&reports))?;
//! for pack in &loaded.packs {
//!     assert!(!pack.rules.is_empty());
//! }
//! # Ok::<(), String>(())
//! ```

pub mod category;
mod check;
mod diff;
mod examples;
pub mod explain;
mod files;
mod lint;
mod load;
mod lower;
pub mod page;
mod policy_test;
pub mod report;
pub mod schema;
pub mod written;
mod yaml;

pub use check::{CheckOptions, backends, check, compile};
pub use diff::{Change, Diff, DiffOptions, Instance, Kind, Sample, diff};
pub use files::Source;
pub use load::{Loaded, load};
pub use policy_test::{Tested, policy_test};
pub use report::{Code, Level, Report};
