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
pub mod yaml;

pub use check::{CheckOptions, check, compile};
pub use diff::{Change, Diff, DiffOptions, Instance, Kind, Sample, diff};
pub use files::Source;
pub use load::{Loaded, load};
pub use policy_test::{Tested, policy_test};
pub use report::{Code, Level, Report};

#[cfg(test)]
mod tests {
    use super::*;

    /// Every shipped rule loads, compiles and holds what its examples say.
    #[test]
    fn shipped_packs_have_no_faults() {
        let loaded = match load(&Source::Embedded) {
            Ok(loaded) => loaded,
            Err(reports) => panic!("{}", report::render_all(&reports)),
        };
        assert!(!loaded.packs.is_empty() && !loaded.policies.is_empty());
        let reports = check(&loaded, &CheckOptions::default());
        let (faults, advice): (Vec<_>, Vec<_>) =
            reports.into_iter().partition(|report| report.level() == Level::Error);
        println!("{}", report::render_all(&advice));
        assert!(faults.is_empty(), "{}", report::render_all(&faults));
        let tested = policy_test(&loaded, None);
        assert!(tested.failed.is_empty(), "{}", report::render_all(&tested.failed));
    }
}
