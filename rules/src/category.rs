//! The closed list of categories: what a finding can be.
//!
//! A pack may add leaves below a listed node, never a root: policies, reports
//! and the audit log of all tenants speak of the same roots. `confidential` is
//! the operator's own, and free below.

use crate::report::nearest;

/// Every root with the nodes below it.
pub static CATEGORIES: &[(&str, &[&str])] = &[
    (
        "safety",
        &[
            "toxicity",
            "hate",
            "harassment",
            "sexual",
            "self-harm",
            "violence",
            "illicit",
            "misinformation",
        ],
    ),
    (
        "security",
        &[
            "prompt-injection",
            "jailbreak",
            "prompt-leak",
            "hidden-channel",
            "malicious-url",
            "code-abuse",
        ],
    ),
    (
        "pii",
        &[
            "name",
            "contact",
            "address",
            "government-id",
            "financial",
            "health",
            "vehicle",
            "network",
            "online-id",
            "date",
        ],
    ),
    (
        "secret",
        &[
            "api-key",
            "token",
            "private-key",
            "password",
            "connection-string",
        ],
    ),
    ("confidential", &[]),
];

/// Nodes of the third level that are closed as well.
static CLOSED: &[(&str, &[&str])] = &[
    (
        "safety/illicit",
        &["weapons", "drugs", "malware", "fraud", "other"],
    ),
    ("pii/name", &["person", "organisation", "location"]),
];

/// What is wrong with the category of a rule, and what to write; `None`: nothing.
pub fn fault_of_rule(path: &str) -> Option<(String, String)> {
    fault(path, true)
}

/// What is wrong with the category of a policy line; a root alone is fine there.
pub fn fault_of_clause(path: &str) -> Option<(String, String)> {
    fault(path, false)
}

fn fault(path: &str, needs_leaf: bool) -> Option<(String, String)> {
    let unknown = || {
        let message = format!("`{path}` is not a category");
        let remedy = match suggest(path) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("begin with one of {}", listed(path)),
        };
        (message, remedy)
    };
    let mut parts = path.split('/');
    let root = parts.next().unwrap_or_default();
    let Some((_, nodes)) = CATEGORIES.iter().find(|(name, _)| *name == root) else {
        return Some(unknown());
    };
    if path.split('/').any(|part| !is_kebab(part)) {
        return Some((
            format!("`{path}` is not a path of words"),
            "write small letters, digits and `-` between the slashes".to_owned(),
        ));
    }
    match parts.next() {
        None if needs_leaf => Some((
            format!("`{path}` says too little"),
            format!("write what it is below `{path}`: {}", listed(path)),
        )),
        None => None,
        Some(node) if !nodes.is_empty() && !nodes.contains(&node) => Some(unknown()),
        Some(node) => {
            let above = format!("{root}/{node}");
            let closed = CLOSED.iter().find(|(name, _)| *name == above);
            let (_, leaves) = closed?;
            match parts.next() {
                Some(leaf) if !leaves.contains(&leaf) => Some(unknown()),
                None if needs_leaf => Some((
                    format!("`{path}` says too little"),
                    format!("write one of {}", children(&above, leaves)),
                )),
                _ => None,
            }
        }
    }
}

fn is_kebab(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && !word.ends_with('-')
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn children(above: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{above}/{name}")).collect();
    names.join(", ")
}

/// The list that helps to correct `path`: the nodes of its root, or all roots.
fn listed(path: &str) -> String {
    let root = path.split('/').next().unwrap_or_default();
    match CATEGORIES.iter().find(|(name, _)| *name == root) {
        Some((root, nodes)) if !nodes.is_empty() => children(root, nodes),
        Some((root, _)) => format!("{root}/your-own-word"),
        None => {
            let roots: Vec<&str> = CATEGORIES.iter().map(|(root, _)| *root).collect();
            roots.join(", ")
        }
    }
}

/// The nearest correct beginning of `path`, with the rest kept.
fn suggest(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let root = nearest(parts.first()?, CATEGORIES.iter().map(|(name, _)| *name));
    // A node written as a root: `prompt-injection/override`.
    let Some(root) = root else {
        let first = *parts.first()?;
        let (root, _) = CATEGORIES
            .iter()
            .find(|(_, nodes)| nodes.contains(&first))?;
        return Some(format!("{root}/{path}"));
    };
    if let Some(first) = parts.first_mut() {
        *first = root;
    }
    let (_, nodes) = CATEGORIES.iter().find(|(name, _)| *name == root)?;
    if let Some(node) = parts.get_mut(1)
        && !nodes.is_empty()
    {
        *node = nearest(node, nodes.iter().copied())?;
    }
    if parts.len() > 2 {
        let above = parts.get(..2)?.join("/");
        if let Some((_, leaves)) = CLOSED.iter().find(|(name, _)| *name == above) {
            let leaf = parts.get_mut(2)?;
            *leaf = nearest(leaf, leaves.iter().copied())?;
        }
    }
    let found = parts.join("/");
    (found != path).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_may_be_added_but_no_roots() {
        for good in [
            "pii/financial/payment-card",
            "pii/contact/phone/mobile",
            "confidential/project",
            "confidential/our/own",
            "safety/sexual/minors",
            "safety/illicit/drugs/opioids",
            "secret/api-key",
        ] {
            assert_eq!(fault_of_rule(good), None, "{good}");
        }
        for bad in [
            "politics/party",
            "pii",
            "pii/politics",
            "safety/illicit/piracy",
            "safety/illicit",
            "pii/Contact",
            "pii/contact/",
        ] {
            assert!(fault_of_rule(bad).is_some(), "{bad}");
        }
        assert_eq!(fault_of_clause("pii"), None);
        assert_eq!(fault_of_clause("safety/illicit"), None);
        assert!(fault_of_clause("politics").is_some());
    }

    #[test]
    fn suggests_what_was_meant() {
        let remedy = |path| fault_of_rule(path).unwrap().1;
        assert_eq!(
            remedy("pii/finacial/iban"),
            "did you mean `pii/financial/iban`?"
        );
        assert_eq!(
            remedy("securty/jailbreak"),
            "did you mean `security/jailbreak`?"
        );
        assert_eq!(
            remedy("jailbreak/dan"),
            "did you mean `security/jailbreak/dan`?"
        );
        assert_eq!(
            remedy("safety/illicit/drug"),
            "did you mean `safety/illicit/drugs`?"
        );
        assert!(remedy("politics/party").starts_with("begin with one of safety, security"));
    }
}
