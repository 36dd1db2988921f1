//! From files to packs and policies: which file belongs to what, what is taken
//! over from where, and which names may stand only once.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::policy::Policy;
use engine::rule::{Pack, RuleId, Status};

use crate::files::{self, Source, Tree};
use crate::lint;
use crate::lower::{self, LoweredPolicy, Origin, PackContext};
use crate::report::{self, File, Place, Report, nearest};
use crate::written::{self, PackFile, PolicyFile, RuleFile, Text};

/// Packs and policies, ready to compile.
#[derive(Clone)]
pub struct Loaded {
    /// The packs, by name.
    pub packs: Vec<Pack>,
    /// The policies: `default` first, the others by name.
    pub policies: Vec<Policy>,
    /// Advice that needs no compiling; [`crate::check`] has the rest.
    pub warnings: Vec<Report>,
    /// Every file that was used, with its SHA-256.
    pub files: Vec<(String, [u8; 32])>,
    /// What an auditor reads for a regulation: `GDPR/4.1` and its title.
    pub regulations: BTreeMap<String, String>,
    pub(crate) origins: BTreeMap<RuleId, Origin>,
    /// For each rule, the lints that its pack switches off.
    pub(crate) quiet: BTreeMap<RuleId, Arc<Vec<report::Code>>>,
    pub(crate) lowered_policies: Vec<LoweredPolicy>,
}

impl Loaded {
    /// The rule of this id, and its pack.
    pub fn rule(&self, id: &str) -> Option<(&Pack, &engine::rule::Rule)> {
        self.packs.iter().find_map(|pack| {
            let rule = pack.rules.iter().find(|rule| rule.id.as_str() == id)?;
            Some((pack, rule))
        })
    }

    /// The id nearest to one that is not known.
    pub fn nearest_rule(&self, id: &str) -> Option<&str> {
        nearest(id, self.origins.keys().map(RuleId::as_str))
    }

    /// Where the rule of this id is written.
    pub fn place_of(&self, id: &RuleId) -> Option<Place> {
        Some(self.origins.get(id)?.id_place())
    }
}

/// Reads packs and policies. On faults all of them are returned, warnings too.
///
/// Nothing is compiled and no example runs: see [`crate::compile`] and
/// [`crate::check`].
pub fn load(source: &Source) -> Result<Loaded, Vec<Report>> {
    let nothing = Tree::new();
    let mut reports = Vec::new();
    let loaded = match source {
        Source::Embedded => load_trees(&nothing, files::shipped(), true, &mut reports),
        Source::Folder(path) => {
            let tree = files::folder(path, &mut reports);
            load_trees(&tree, files::shipped(), false, &mut reports)
        }
        Source::Overlay(path) => {
            let tree = files::folder(path, &mut reports);
            load_trees(&tree, files::shipped(), true, &mut reports)
        }
    };
    finish(loaded, reports)
}

/// The result, or all faults in order.
fn finish(mut loaded: Loaded, mut reports: Vec<Report>) -> Result<Loaded, Vec<Report>> {
    if reports.is_empty() {
        report::sort(&mut loaded.warnings);
        return Ok(loaded);
    }
    reports.append(&mut loaded.warnings);
    report::sort(&mut reports);
    Err(reports)
}

/// A pack's files, read.
struct Written {
    folder: String,
    file: Arc<File>,
    pack: PackFile,
    rules: Vec<(Arc<File>, written::Rule)>,
}

/// Reads the packs of a tree, by name.
fn read_packs(tree: &Tree, reports: &mut Vec<Report>) -> BTreeMap<String, Written> {
    let mut folders: BTreeMap<&str, Vec<(&str, &Arc<File>)>> = BTreeMap::new();
    for (name, file) in tree {
        let Some(rest) = name.strip_prefix("packs/") else {
            continue;
        };
        match rest.split_once('/') {
            Some((pack, inner)) => folders.entry(pack).or_default().push((inner, file)),
            None if name.ends_with(".yaml") => reports.push(Report::at(
                report::BAD_PACK,
                Place::whole(file),
                "a rule file stands outside of any pack",
                "put it into packs/<pack>/, beside that pack's pack.yaml",
            )),
            None => {}
        }
    }
    let mut packs = BTreeMap::new();
    for (name, files) in folders {
        let mut pack = None;
        let mut rules = Vec::new();
        for (inner, file) in &files {
            if *inner == "pack.yaml" {
                let read = written::read::<PackFile>(file, reports);
                pack = Some((Arc::clone(file), read));
            } else if inner.ends_with(".yaml") {
                let read = written::read::<RuleFile>(file, reports);
                let list = read.and_then(|read| read.rules);
                let mut items = list.map(|list| list.items).unwrap_or_default();
                if written::is_cut_off(file, reports) {
                    // Only a part of the last rule was read: nothing can be said of it.
                    items.pop();
                }
                rules.extend(items.into_iter().map(|rule| (Arc::clone(file), rule)));
            }
        }
        match pack {
            Some((file, Some(pack))) => {
                let written = Written {
                    folder: format!("packs/{name}"),
                    file,
                    pack,
                    rules,
                };
                packs.insert(name.to_owned(), written);
            }
            Some((_, None)) => {}
            None => {
                let place = files.first().map(|(_, file)| Place::whole(file));
                let mut report = Report::nowhere(
                    report::BAD_PACK,
                    format!("packs/{name} has no pack.yaml"),
                    "add one with pack, version, title and owner",
                );
                report.place = place;
                reports.push(report);
            }
        }
    }
    packs
}

/// Loads the packs and policies of `own`, over those of `shipped` if `beneath`.
pub(crate) fn load_trees(
    own: &Tree,
    shipped: &Tree,
    beneath: bool,
    reports: &mut Vec<Report>,
) -> Loaded {
    let mut loading = Loading {
        shipped,
        reports,
        loaded: Loaded {
            packs: Vec::new(),
            policies: Vec::new(),
            warnings: Vec::new(),
            files: Vec::new(),
            regulations: BTreeMap::new(),
            origins: BTreeMap::new(),
            quiet: BTreeMap::new(),
            lowered_policies: Vec::new(),
        },
    };
    loading.packs(own, beneath);
    loading.check_names();
    loading.policies(own, beneath);
    let mut used: BTreeMap<&String, &Arc<File>> = BTreeMap::new();
    if beneath || !has(own, "policies/") {
        used.extend(shipped.iter());
    }
    used.extend(own.iter());
    let mut loaded = loading.loaded;
    loaded.files = used
        .into_iter()
        .map(|(name, file)| (name.clone(), files::sha256(file)))
        .collect();
    loaded
}

fn has(tree: &Tree, folder: &str) -> bool {
    tree.keys().any(|name| name.starts_with(folder))
}

struct Loading<'t, 'r> {
    shipped: &'t Tree,
    reports: &'r mut Vec<Report>,
    loaded: Loaded,
}

impl Loading<'_, '_> {
    fn fault(
        &mut self,
        code: report::Code,
        file: &Arc<File>,
        text: &Text,
        message: String,
        remedy: String,
    ) {
        let place = Place::new(file, text.spot.clone());
        self.reports.push(Report::at(code, place, message, remedy));
    }

    fn packs(&mut self, own: &Tree, beneath: bool) {
        let mut packs = read_packs(own, self.reports);
        let extended: Vec<String> = packs
            .values()
            .filter_map(|written| Some(written.pack.extends.as_ref()?.value.clone()))
            .collect();
        // Shipped packs are read only where they are wanted: they are right,
        // the test suite proves it, but reading them takes time.
        let mut shipped = if beneath || !extended.is_empty() {
            read_packs(self.shipped, self.reports)
        } else {
            BTreeMap::new()
        };
        if beneath {
            let wanted: Vec<String> = shipped
                .keys()
                .filter(|name| !packs.contains_key(*name) && !extended.contains(*name))
                .cloned()
                .collect();
            for name in wanted {
                if let Some(written) = shipped.remove(&name) {
                    let tree = self.shipped;
                    self.pack(&name, written, None, tree);
                }
            }
        }
        while let Some((name, written)) = packs.pop_first() {
            let base = match &written.pack.extends {
                Some(text) => {
                    let base = shipped.remove(&text.value);
                    if base.is_none() {
                        let known = self.shipped.keys().filter_map(|n| n.split('/').nth(1));
                        let remedy = match nearest(&text.value, known) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => "write the name of a shipped pack that no other pack extends"
                                .to_owned(),
                        };
                        let message =
                            format!("there is no shipped pack `{}` to extend", text.value);
                        self.fault(report::BAD_EXTENDS, &written.file, text, message, remedy);
                        continue;
                    }
                    base
                }
                None => None,
            };
            self.pack(&name, written, base, own);
        }
        self.loaded.packs.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// Lowers a pack, on top of the one it extends.
    fn pack(&mut self, folder: &str, written: Written, base: Option<Written>, tree: &Tree) {
        let quiet = self.quiet(&written, base.as_ref());
        let Written {
            folder: own_folder,
            file,
            pack,
            rules,
        } = written;
        let (file, pack) = (&file, &pack);
        let Some(id) = &pack.pack else {
            return;
        };
        if id.value != folder {
            self.fault(
                report::BAD_PACK,
                file,
                id,
                format!("the pack `{}` stands in the folder `{folder}`", id.value),
                "give both the same name".to_owned(),
            );
        }
        if let Some(version) = &pack.version
            && version.value.split('.').count() != 3
        {
            self.fault(
                report::BAD_PACK,
                file,
                version,
                format!("`{}` is not a version", version.value),
                "write three numbers: 1.0.0".to_owned(),
            );
        }
        if let (None, Some(disable)) = (&base, &pack.disable) {
            let place = Place::new(file, disable.spot.clone());
            self.reports.push(Report::at(
                report::BAD_EXTENDS,
                place,
                "`disable` belongs to a pack that extends another",
                "add `extends:`, or remove the rules themselves",
            ));
        }
        let mut regulations = BTreeMap::new();
        for pack in base.iter().map(|base| &base.pack).chain([pack]) {
            let named = pack.regulations.iter().flat_map(|named| &named.0);
            regulations
                .extend(named.map(|(name, title)| (name.value.clone(), title.value.clone())));
        }
        let mut taken: Vec<(Arc<File>, written::Rule)> = Vec::new();
        let mut prefixes = vec![format!("{}.", id.value)];
        if let Some(base) = base {
            let base_rules = base.rules;
            let disabled = self.disabled(file, pack, &base_rules);
            let own_ids: Vec<&str> = rules.iter().filter_map(|(_, rule)| rule_id(rule)).collect();
            let kept = base_rules.iter().filter(|(_, rule)| {
                let id = rule_id(rule).unwrap_or_default();
                !disabled.iter().any(|other| other == id) && !own_ids.contains(&id)
            });
            let kept: Vec<_> = kept.cloned().collect();
            let base_ids: Vec<&str> = base_rules.iter().filter_map(|(_, r)| rule_id(r)).collect();
            // A rule under the base's name must replace one of the base's.
            let base_prefix = pack.extends.as_ref().map(|text| format!("{}.", text.value));
            if let Some(prefix) = base_prefix
                && !prefixes.contains(&prefix)
            {
                for (file, rule) in &rules {
                    let Some(id) = &rule.id else { continue };
                    if id.value.starts_with(&prefix) && !base_ids.contains(&id.value.as_str()) {
                        let message =
                            format!("`{}` replaces no rule of the extended pack", id.value);
                        let remedy = match nearest(&id.value, base_ids.iter().copied()) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => {
                                format!("begin the id of a new rule with `{}`", prefixes.join(""))
                            }
                        };
                        self.reports.push(
                            Report::at(
                                report::BAD_RULE_ID,
                                Place::new(file, id.spot.clone()),
                                message,
                                remedy,
                            )
                            .about(id.value.as_str()),
                        );
                    }
                }
                prefixes.push(prefix);
            }
            taken.extend(kept);
            // Rules of the base find their lists in the base's folder.
            let context = PackContext {
                folder: base.folder,
                prefixes: prefixes.clone(),
                regulations: regulations.clone(),
                tree: self.shipped,
                beneath: self.shipped,
            };
            let lowered = self.rules(taken, &context, &quiet);
            self.add(pack, lowered);
        }
        let context = PackContext {
            folder: own_folder,
            prefixes,
            regulations,
            tree,
            beneath: self.shipped,
        };
        let lowered = self.rules(rules, &context, &quiet);
        self.add(pack, lowered);
        self.loaded.regulations.extend(context.regulations);
    }

    /// Adds rules to a pack of the result, which is made if it is not there.
    fn add(&mut self, pack: &PackFile, mut rules: Vec<engine::rule::Rule>) {
        let value =
            |text: &Option<Text>| text.as_ref().map(|t| t.value.clone()).unwrap_or_default();
        let id = value(&pack.pack);
        if let Some(known) = self.loaded.packs.iter_mut().find(|known| known.id == id) {
            known.rules.append(&mut rules);
            return;
        }
        self.loaded.packs.push(Pack {
            id,
            version: value(&pack.version),
            title: value(&pack.title),
            owner: value(&pack.owner),
            rules,
        });
    }

    fn rules(
        &mut self,
        rules: Vec<(Arc<File>, written::Rule)>,
        context: &PackContext<'_>,
        quiet: &Arc<Vec<report::Code>>,
    ) -> Vec<engine::rule::Rule> {
        let mut lowered = Vec::with_capacity(rules.len());
        for (file, rule) in rules {
            let mut advice = Vec::new();
            lint::written::rule(&file, &rule, &mut advice);
            advice.retain(|report| !quiet.contains(&report.code));
            self.loaded.warnings.append(&mut advice);
            let Some(one) = lower::lower_rule(&file, rule, context, self.reports) else {
                continue;
            };
            let id = one.rule.id.clone();
            if let Some(first) = self.loaded.origins.get(&id) {
                let at = first.id_place();
                let (line, _) = at.file.line_and_column(at.start);
                let report = Report::at(
                    report::DOUBLE_RULE,
                    one.origin.id_place(),
                    format!("the id stands twice, first in {}:{line}", at.file.name),
                    "give one of them another name; names are never reused",
                );
                self.reports.push(report.about(id.as_str()));
                continue;
            }
            self.loaded.origins.insert(id.clone(), one.origin);
            self.loaded.quiet.insert(id, Arc::clone(quiet));
            lowered.push(one.rule);
        }
        lowered
    }

    /// The lints that a pack and the one it extends switch off.
    fn quiet(&mut self, own: &Written, base: Option<&Written>) -> Arc<Vec<report::Code>> {
        let mut codes = Vec::new();
        for written in base.into_iter().chain([own]) {
            codes.extend(self.switches(written));
        }
        Arc::new(codes)
    }

    /// The lints that one pack.yaml switches off.
    fn switches(&mut self, written: &Written) -> Vec<report::Code> {
        let mut codes = Vec::new();
        for (name, reason) in written.pack.lints.iter().flat_map(|named| &named.0) {
            let known = report::CODES
                .iter()
                .filter(|info| info.code.is_lint())
                .find(|info| info.code.to_string() == name.value);
            match known {
                Some(info) if reason.value.trim().len() >= 10 => codes.push(info.code),
                Some(_) => self.fault(
                    report::BAD_LINT_SWITCH,
                    &written.file,
                    reason,
                    "a lint is switched off without a reason".to_owned(),
                    "write in a sentence why it does not apply to this pack".to_owned(),
                ),
                None => {
                    let all: Vec<String> = report::CODES
                        .iter()
                        .filter(|info| info.code.is_lint())
                        .map(|info| info.code.to_string())
                        .collect();
                    self.fault(
                        report::BAD_LINT_SWITCH,
                        &written.file,
                        name,
                        format!("`{}` is not a lint", name.value),
                        format!(
                            "the lints are {}; faults cannot be switched off",
                            all.join(", ")
                        ),
                    );
                }
            }
        }
        codes
    }

    /// The rules of the base that a pack leaves out.
    fn disabled(
        &mut self,
        file: &Arc<File>,
        pack: &PackFile,
        base: &[(Arc<File>, written::Rule)],
    ) -> Vec<String> {
        let Some(list) = &pack.disable else {
            return Vec::new();
        };
        let known: Vec<&str> = base.iter().filter_map(|(_, rule)| rule_id(rule)).collect();
        for text in &list.items {
            if !known.contains(&text.value.as_str()) {
                let remedy = match nearest(&text.value, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write the id of a rule of the extended pack".to_owned(),
                };
                let message = format!("the extended pack has no rule `{}`", text.value);
                self.fault(report::UNKNOWN_RULE, file, text, message, remedy);
            }
        }
        list.items.iter().map(|text| text.value.clone()).collect()
    }

    /// Checks the names of rules that rules mention.
    fn check_names(&mut self) {
        let mut faults = Vec::new();
        for rule in self.loaded.packs.iter().flat_map(|pack| &pack.rules) {
            let Status::Deprecated {
                replaced_by: Some(heir),
            } = &rule.status
            else {
                continue;
            };
            let Some(origin) = self.loaded.origins.get(&rule.id) else {
                continue;
            };
            let spot = origin
                .written
                .replaced_by
                .as_ref()
                .map(|text| text.spot.clone());
            let place = spot.map_or_else(|| origin.id_place(), |spot| origin.place(&spot));
            if *heir == rule.id {
                faults.push(
                    Report::at(
                        report::BAD_STATUS,
                        place,
                        "a rule cannot replace itself",
                        "name its heir",
                    )
                    .about(rule.id.as_str()),
                );
            } else if !self.loaded.origins.contains_key(heir) {
                let remedy = match self.loaded.nearest_rule(heir.as_str()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write the id of a rule that is loaded, or leave it out".to_owned(),
                };
                let message = format!("there is no rule `{heir}`");
                faults.push(
                    Report::at(report::UNKNOWN_RULE, place, message, remedy)
                        .about(rule.id.as_str()),
                );
            }
        }
        self.reports.append(&mut faults);
    }

    fn policies(&mut self, own: &Tree, beneath: bool) {
        let mut waiting: BTreeMap<String, (Arc<File>, PolicyFile)> = BTreeMap::new();
        let mut trees = vec![own];
        if beneath || !has(own, "policies/") {
            trees.insert(0, self.shipped);
        }
        for tree in trees {
            for (path, file) in tree {
                let Some(stem) = path
                    .strip_prefix("policies/")
                    .and_then(|name| name.strip_suffix(".yaml"))
                else {
                    continue;
                };
                let Some(written) = written::read::<PolicyFile>(file, self.reports) else {
                    continue;
                };
                if let Some(name) = &written.policy
                    && name.value != stem
                {
                    self.fault(
                        report::BAD_POLICY,
                        file,
                        name,
                        format!("the policy `{}` stands in the file {path}", name.value),
                        "give both the same name".to_owned(),
                    );
                }
                lint::written::policy(file, &written, &mut self.loaded.warnings);
                waiting.insert(stem.to_owned(), (Arc::clone(file), written));
            }
        }
        // Bases first: in each round those whose base is ready.
        let mut ready: BTreeMap<String, LoweredPolicy> = BTreeMap::new();
        let names: Vec<String> = waiting.keys().cloned().collect();
        loop {
            let next = waiting.iter().find_map(|(name, (_, written))| {
                let base = written.extends.as_ref().map(|text| &text.value);
                base.is_none_or(|base| ready.contains_key(base))
                    .then(|| name.clone())
            });
            let Some((name, (file, written))) = next.and_then(|name| waiting.remove_entry(&name))
            else {
                break;
            };
            let base = written
                .extends
                .as_ref()
                .and_then(|text| ready.get(&text.value));
            let base = base.map(|lowered| lowered.policy.clone());
            let origins = &self.loaded.origins;
            let lowered = lower::lower_policy(&file, written, base.as_ref(), origins, self.reports);
            if let Some(lowered) = lowered {
                ready.insert(name, lowered);
            }
        }
        for (file, written) in waiting.into_values() {
            let Some(text) = &written.extends else {
                continue;
            };
            if ready.contains_key(&text.value) {
                continue;
            }
            let (message, remedy) = if names.contains(&text.value) {
                (
                    format!(
                        "`{}` extends this policy in turn, or has faults",
                        text.value
                    ),
                    "let each policy extend one that stands on its own".to_owned(),
                )
            } else {
                let remedy = match nearest(&text.value, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write the name of another policy".to_owned(),
                };
                (format!("there is no policy `{}`", text.value), remedy)
            };
            self.fault(report::BAD_EXTENDS, &file, text, message, remedy);
        }
        if !names.is_empty() && !names.iter().any(|name| name == "default") {
            self.reports.push(Report::nowhere(
                report::BAD_POLICY,
                "there is no policy `default`",
                "add policies/default.yaml: it holds for whoever names no other",
            ));
        }
        let mut all: Vec<LoweredPolicy> = ready.into_values().collect();
        all.sort_by_key(|lowered| lowered.policy.name != "default");
        self.loaded.policies = all.iter().map(|lowered| lowered.policy.clone()).collect();
        self.loaded.lowered_policies = all;
    }
}

fn rule_id(rule: &written::Rule) -> Option<&str> {
    rule.id.as_ref().map(|id| id.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    const POLICY: &str =
        "policy: default\ntitle: A policy\ndecide:\n  - { category: pii, then: flag }\n";

    fn tree(files: &[(&str, String)]) -> Tree {
        files
            .iter()
            .map(|(name, text)| {
                (
                    (*name).to_owned(),
                    files::file(name, Cow::Owned(text.clone())),
                )
            })
            .collect()
    }

    fn pack(id: &str, rest: &str) -> String {
        format!("pack: {id}\nversion: 1.0.0\ntitle: A pack\nowner: Nobody\n{rest}")
    }

    fn rules(ids: &[(&str, &str)]) -> String {
        let one = |(id, detect): &(&str, &str)| {
            format!(
                "  - id: {id}\n    title: A rule\n    status: draft\n    category: pii/contact/x\n    severity: low\n    \
                 rationale: It is here so that something can be loaded in a test.\n    detect: {{ {detect} }}\n    \
                 examples:\n      match: [{{ text: 'one two', finds: 'one' }}]\n      no_match: [{{ text: 'x', because: it is another word }}]\n"
            )
        };
        format!("rules:\n{}", ids.iter().map(one).collect::<String>())
    }

    fn shipped() -> Tree {
        tree(&[
            ("packs/base/pack.yaml", pack("base", "")),
            (
                "packs/base/a.yaml",
                rules(&[
                    ("base.one", "phrases: ['one']"),
                    ("base.two", "phrases_from: lists/two.txt"),
                ]),
            ),
            (
                "packs/base/lists/two.txt",
                "# two\none\none two\n".to_owned(),
            ),
            ("packs/other/pack.yaml", pack("other", "")),
            (
                "packs/other/a.yaml",
                rules(&[("other.one", "dictionary: dictionaries/names.txt")]),
            ),
            ("dictionaries/names.txt", "one\n".to_owned()),
            ("policies/default.yaml", POLICY.to_owned()),
        ])
    }

    fn ids(loaded: &Loaded) -> Vec<String> {
        let rules = loaded.packs.iter().flat_map(|pack| &pack.rules);
        rules.map(|rule| rule.id.to_string()).collect()
    }

    fn load_one(own: &Tree, beneath: bool) -> Loaded {
        let mut reports = Vec::new();
        let loaded = load_trees(own, &shipped(), beneath, &mut reports);
        assert!(reports.is_empty(), "{}", report::render_all(&reports));
        loaded
    }

    #[test]
    fn a_folder_alone_has_its_packs_and_the_shipped_policies() {
        let own = tree(&[
            ("packs/mine/pack.yaml", pack("mine", "")),
            (
                "packs/mine/a.yaml",
                rules(&[("mine.one", "phrases: ['one']")]),
            ),
        ]);
        let loaded = load_one(&own, false);
        assert_eq!(ids(&loaded), ["mine.one"]);
        assert_eq!(loaded.policies.len(), 1);
    }

    #[test]
    fn an_overlay_adds_and_replaces_by_name() {
        let own = tree(&[
            ("packs/other/pack.yaml", pack("other", "")),
            (
                "packs/other/a.yaml",
                rules(&[("other.new", "dictionary: dictionaries/names.txt")]),
            ),
            ("dictionaries/names.txt", "one\neins\n".to_owned()),
        ]);
        let loaded = load_one(&own, true);
        assert_eq!(ids(&loaded), ["base.one", "base.two", "other.new"]);
        let (_, rule) = loaded.rule("other.new").unwrap();
        let engine::rule::What::Dictionary { terms, .. } = &rule.detect.what else {
            panic!("a dictionary")
        };
        assert_eq!(
            terms.len(),
            2,
            "the folder's dictionary stands in place of the shipped one"
        );
    }

    #[test]
    fn an_extending_pack_takes_over_disables_and_replaces() {
        let own = tree(&[
            (
                "packs/mine/pack.yaml",
                pack("mine", "extends: base\ndisable: [base.two]\n"),
            ),
            (
                "packs/mine/a.yaml",
                rules(&[
                    ("base.one", "phrases: ['one', 'uno']"),
                    ("mine.three", "phrases: ['one']"),
                ]),
            ),
        ]);
        for beneath in [false, true] {
            let loaded = load_one(&own, beneath);
            let (pack, rule) = loaded.rule("base.one").unwrap();
            assert_eq!(pack.id, "mine");
            assert!(matches!(&rule.detect.what, engine::rule::What::Phrases(p) if p.len() == 2));
            assert!(loaded.rule("base.two").is_none());
            assert!(loaded.rule("mine.three").is_some());
            assert_eq!(loaded.rule("other.one").is_some(), beneath);
        }
    }

    #[test]
    fn a_taken_over_rule_finds_its_list_where_it_was() {
        let own = tree(&[("packs/mine/pack.yaml", pack("mine", "extends: base\n"))]);
        let loaded = load_one(&own, false);
        let (_, rule) = loaded.rule("base.two").unwrap();
        assert!(
            matches!(&rule.detect.what, engine::rule::What::Phrases(p) if p == &["one", "one two"])
        );
    }

    #[test]
    fn policies_extend_from_the_top() {
        let own = tree(&[
            (
                "policies/hard.yaml",
                "policy: hard\ntitle: Hard\nextends: default\nunjudged: block\ndecide:\n  - { category: secret, then: block }\n".to_owned(),
            ),
            (
                "policies/harder.yaml",
                "policy: harder\ntitle: Harder\nextends: hard\nenforce: false\n".to_owned(),
            ),
        ]);
        let loaded = load_one(&own, true);
        let names: Vec<&str> = loaded.policies.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["default", "hard", "harder"]);
        let harder = &loaded.policies[2];
        assert_eq!(harder.clauses.len(), 2);
        assert_eq!(harder.clauses[0].category.as_deref(), Some("secret"));
        assert!(!harder.enforce);
        assert_eq!(harder.when_degraded.unjudged, engine::policy::Action::Block);
    }

    #[test]
    fn what_was_used_is_named_with_its_hash() {
        let loaded = load_one(&Tree::new(), true);
        assert_eq!(loaded.files.len(), shipped().len());
        let (name, hash) = &loaded.files[0];
        assert_eq!(name, "dictionaries/names.txt");
        assert_eq!(
            *hash,
            files::sha256(&files::file("x", Cow::Borrowed("one\n")))
        );
    }
}
