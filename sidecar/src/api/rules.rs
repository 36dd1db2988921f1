//! `GET /v1/rules`: what is looked for.
//!
//! The list is written once, when a snapshot is built. It holds what a rule is
//! and why, not how it finds: patterns are in the rule files and their pages.

use engine::rule::{Pack, Status};
use serde_json::{Value, json};

/// The reply for these packs.
pub fn listing(snapshot: &str, packs: &[Pack]) -> Vec<u8> {
    let mut rules: Vec<Value> = Vec::new();
    for pack in packs {
        for rule in &pack.rules {
            let (status, heir) = match &rule.status {
                Status::Draft => ("draft", None),
                Status::Stable => ("stable", None),
                Status::Deprecated { replaced_by } => {
                    ("deprecated", replaced_by.as_ref().map(|heir| heir.as_str()))
                }
            };
            let mut shown = json!({
                "id": rule.id.as_str(),
                "title": rule.title,
                "category": rule.category.as_str(),
                "severity": rule.severity,
                "status": status,
                "regulations": rule.regulations,
                "directions": rule.directions,
                "pack": pack.id,
            });
            if let (Some(heir), Some(shown)) = (heir, shown.as_object_mut()) {
                shown.insert("replaced_by".to_owned(), heir.into());
            }
            rules.push(shown);
        }
    }
    let packs: Vec<Value> = packs
        .iter()
        .map(|pack| {
            json!({
                "id": pack.id,
                "version": pack.version,
                "title": pack.title,
                "owner": pack.owner,
                "rules": pack.rules.len(),
            })
        })
        .collect();
    let reply = json!({ "snapshot": snapshot, "packs": packs, "rules": rules });
    let mut body = reply.to_string().into_bytes();
    body.push(b'\n');
    body
}
