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
        let (faults, advice): (Vec<_>, Vec<_>) = reports
            .into_iter()
            .partition(|report| report.level() == Level::Error);
        println!("{}", report::render_all(&advice));
        assert!(faults.is_empty(), "{}", report::render_all(&faults));
        let tested = policy_test(&loaded, None);
        assert!(
            tested.failed.is_empty(),
            "{}",
            report::render_all(&tested.failed)
        );
    }

    /// The guide lists what there is: every validator, every root of categories.
    #[test]
    fn the_guide_is_complete() {
        let guide = include_str!("../GUIDE.md");
        for validator in engine::validate::VALIDATORS {
            assert!(
                guide.contains(&format!("| `{}` |", validator.name)),
                "{}",
                validator.name
            );
        }
        for (root, nodes) in category::CATEGORIES {
            assert!(guide.contains(&format!("| `{root}` |")), "{root}");
            for node in *nodes {
                assert!(guide.contains(&format!("`{node}")), "{root}/{node}");
            }
        }
    }

    /// Each shipped rule has a page and stands in the index.
    #[test]
    fn every_rule_has_a_page() {
        let loaded =
            load(&Source::Embedded).unwrap_or_else(|r| panic!("{}", report::render_all(&r)));
        let index = page::index(&loaded);
        for rule in loaded.packs.iter().flat_map(|pack| &pack.rules) {
            let id = rule.id.as_str();
            let page = page::page(&loaded, id).unwrap();
            assert!(
                page.contains(&rule.title) && page.contains("## Examples"),
                "{id}"
            );
            assert!(index.contains(&format!("[{id}]({id}.md)")), "{id}");
        }
        assert!(page::page(&loaded, "no.such-rule").is_none());
    }

    /// What `rules new` writes is a rule, and its examples hold.
    #[test]
    fn the_template_is_a_good_rule() {
        let root = std::env::temp_dir().join(format!("lockgate-template-{}", std::process::id()));
        let pack = root.join("packs/t");
        std::fs::create_dir_all(&pack).unwrap();
        std::fs::write(
            pack.join("pack.yaml"),
            "pack: t\nversion: 1.0.0\ntitle: T\nowner: T\n",
        )
        .unwrap();
        std::fs::write(pack.join("a.yaml"), page::template("t.new")).unwrap();
        let loaded = load(&Source::Folder(root.clone()));
        std::fs::remove_dir_all(&root).unwrap();
        let loaded = loaded.unwrap_or_else(|r| panic!("{}", report::render_all(&r)));
        let reports = check(&loaded, &CheckOptions::default());
        assert!(reports.is_empty(), "{}", report::render_all(&reports));
    }

    /// A difference names rules and places, and no text unless asked.
    #[test]
    fn a_difference_is_counted_by_rule() {
        let old = load(&Source::Embedded).unwrap_or_else(|r| panic!("{}", report::render_all(&r)));
        let mut new = old.clone();
        for rule in new.packs.iter_mut().flat_map(|pack| &mut pack.rules) {
            if rule.id.as_str() == "pii.email" {
                rule.detect.confidence = engine::rule::Confidence::Possible;
                rule.detect.context = None;
            }
        }
        let sample = Sample {
            corpus: "made-up",
            line: 7,
            role: engine::text::Role::User,
            direction: engine::text::Direction::Prompt,
            body: "write to anna.keller@firma-beispiel.de, please",
        };
        let options = DiffOptions::default();
        let same = diff(&old, &old, [sample], &options).unwrap();
        assert!(same.is_empty() && same.samples == 1 && same.touched == 0);
        let found = diff(&old, &new, [sample], &options).unwrap();
        let change = &found.rules["pii.email"];
        assert_eq!(
            (change.appeared, change.vanished, change.changed),
            (0, 0, 1)
        );
        assert_eq!(change.instances[0].line, 7);
        assert!(!found.render().contains("anna"));
        let options = DiffOptions {
            show_text: true,
            ..options
        };
        assert!(
            diff(&old, &new, [sample], &options)
                .unwrap()
                .render()
                .contains("anna")
        );
    }
}
