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
mod files;
mod lint;
mod load;
mod lower;
pub mod report;
pub mod schema;
pub mod written;
mod yaml;

pub use files::Source;
pub use load::{Loaded, load};
pub use report::{Code, Level, Report};
