//! The packs and policies of the binary, loaded and compiled once.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use engine::redact::{Scope, Vault, VaultError};
use engine::rule::{Category, Pack};
use engine::ruleset::{Backend, Options, Ruleset};
use engine::screen::{Exchange, Keys, Policies, Snapshot, Verdict};
use engine::text::{Direction, Role, Text};
use rules::{Loaded, Source};

/// Packs and policies as shipped.
pub fn loaded() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| match rules::load(&Source::Embedded) {
        Ok(loaded) => loaded,
        Err(reports) => panic!("{}", rules::report::render_all(&reports)),
    })
}

/// Keys that are no secret.
pub fn keys() -> Keys {
    Keys { hash: [7; 32] }
}

/// A snapshot of packs on one backend, under the shipped policies.
pub fn snapshot_of(packs: &[Pack], backend: Backend) -> Snapshot {
    let options = Options {
        backend,
        ..Options::default()
    };
    let ruleset = Ruleset::compile(packs, &options).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let policies = Policies::new(loaded().policies.clone(), "default").unwrap();
    Snapshot::new(ruleset, policies, keys())
}

/// The shipped packs on every backend of this build, the portable one first.
pub fn snapshots() -> &'static [(Backend, Snapshot)] {
    static SNAPSHOTS: OnceLock<Vec<(Backend, Snapshot)>> = OnceLock::new();
    SNAPSHOTS.get_or_init(|| {
        Backend::ALL
            .iter()
            .map(|&backend| (backend, snapshot_of(&loaded().packs, backend)))
            .collect()
    })
}

/// The shipped packs on the portable backend.
pub fn snapshot() -> &'static Snapshot {
    &snapshots()[0].1
}

/// Screens one text under the default policy, with time enough.
pub fn screen(snapshot: &Snapshot, direction: Direction, role: Role, body: &str) -> Verdict {
    screen_as(snapshot, None, direction, role, body)
}

/// The same under a policy of this name.
pub fn screen_as(
    snapshot: &Snapshot,
    policy: Option<&str>,
    direction: Direction,
    role: Role,
    body: &str,
) -> Verdict {
    let texts = [Text { role, body }];
    snapshot.screen(&Exchange {
        tenant: "tenant",
        session: "session",
        policy,
        direction,
        texts: &texts,
        deadline: Instant::now() + Duration::from_secs(600),
    })
}

/// The text of every example of every shipped rule, those that must not match
/// too, with a role and a direction in which its rule looks.
pub fn example_texts() -> Vec<(Role, Direction, String)> {
    let mut texts = Vec::new();
    for rule in loaded().packs.iter().flat_map(|pack| &pack.rules) {
        let (role, direction) = (asked_role(&rule.roles), rule.directions[0]);
        let matches = rule.examples.matches.iter().map(|example| &example.text);
        let others = rule.examples.no_match.iter().map(|example| &example.text);
        texts.extend(
            matches
                .chain(others)
                .map(|text| (role, direction, text.clone())),
        );
    }
    texts
}

/// The user if the rule listens to users, else the first it listens to.
pub fn asked_role(roles: &[Role]) -> Role {
    if roles.contains(&Role::User) {
        Role::User
    } else {
        roles[0]
    }
}

/// A vault that gives every value the same token, which names nothing of it.
pub struct OneToken;

impl Vault for OneToken {
    fn token(&self, _: &Scope<'_>, category: &Category, _: &str) -> Result<String, VaultError> {
        Ok(format!(
            "[{}_1]",
            category.leaf().to_uppercase().replace('-', "_")
        ))
    }

    fn open(&self, _: &Scope<'_>, _: &str) -> Result<Option<String>, VaultError> {
        Ok(None)
    }
}
