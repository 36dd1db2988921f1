//! Our rules for the types that Presidio's pattern recognisers know, on the same
//! texts, on one core: one half of the comparison in `benches/record`.
//!
//! ```text
//! cargo run --release -p benches --example recognisers -- texts.json
//! ```
//!
//! Writes the texts to the file named, for `presidio.py`, and says on standard
//! output, as JSON, how long each of them took.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use engine::rule::{Pack, Rule};
use engine::ruleset::Backend;
use serde_json::json;

/// Our categories, and what Presidio calls them.
const TYPES: &[(&str, &str)] = &[
    ("pii/contact/email", "EMAIL_ADDRESS"),
    ("pii/contact/phone", "PHONE_NUMBER"),
    ("pii/financial/payment-card", "CREDIT_CARD"),
    ("pii/financial/iban", "IBAN_CODE"),
    ("pii/financial/crypto-address", "CRYPTO"),
    ("pii/government-id/us-ssn", "US_SSN"),
    ("pii/government-id/us-itin", "US_ITIN"),
    ("pii/network/ip", "IP_ADDRESS"),
    ("pii/network/url", "URL"),
];

/// Pieces of each kind: Presidio needs seconds for them.
const PIECES: usize = 48;

fn entity(rule: &Rule) -> Option<&'static str> {
    TYPES
        .iter()
        .find(|(category, _)| rule.category.is_within(category))
        .map(|(_, entity)| *entity)
}

#[allow(clippy::print_stdout)] // it is a command
fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a file for the texts")?;
    let mut packs: Vec<Pack> = benches::shipped().packs;
    for pack in &mut packs {
        pack.rules.retain(|rule| entity(rule).is_some());
    }
    packs.retain(|pack| !pack.rules.is_empty());
    let names: BTreeMap<String, &str> = packs
        .iter()
        .flat_map(|pack| &pack.rules)
        .filter_map(|rule| Some((rule.id.to_string(), entity(rule)?)))
        .collect();

    let mut workloads = vec![benches::english(), benches::chat(), benches::planted()];
    for workload in &mut workloads {
        workload.pieces.truncate(PIECES);
    }
    let texts: BTreeMap<&str, &Vec<String>> =
        workloads.iter().map(|w| (w.name, &w.pieces)).collect();
    fs::write(path, serde_json::to_vec(&texts)?)?;

    let mut said = Vec::new();
    for backend in Backend::ALL {
        let snapshot = benches::snapshot(&packs, *backend);
        for workload in &workloads {
            let mut found: BTreeMap<&str, usize> = BTreeMap::new();
            for piece in &workload.pieces {
                for finding in benches::screen(&snapshot, piece).findings {
                    if let Some(entity) = names.get(finding.rule.as_str()) {
                        *found.entry(entity).or_default() += 1;
                    }
                }
            }
            let mut best = Duration::MAX;
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(2) {
                let start = Instant::now();
                for piece in &workload.pieces {
                    let _ = black_box(benches::screen(&snapshot, piece));
                }
                best = best.min(start.elapsed());
            }
            said.push(json!({
                "engine": format!("lockgate, {}", backend.name()),
                "workload": workload.name,
                "bytes": workload.bytes(),
                "seconds": best.as_secs_f64(),
                "found": found,
            }));
        }
    }
    println!("{}", serde_json::to_string(&said)?);
    Ok(())
}
