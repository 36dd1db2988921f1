//! What stands in a finding's place.
//!
//! Findings that are to be replaced are united where they overlap, so that no
//! byte of any of them stays, and the finding that wins ([`Finding::wins_over`])
//! says what the whole is replaced by. Edits are formed from the left: a finding
//! joins the open edit only while the union stays within `max_reach` bytes, else
//! the edit closes and the rest of the finding opens the next one. Without that
//! bound a chain of overlapping findings would have no end that a stream could
//! wait for, and the stream would differ from the whole text.
//!
//! Which findings, and in which manner, is [`crate::policy`]'s business. A
//! replacement never tells the length of what it replaces, and never holds more
//! of it than a mask was asked to keep.

use std::cmp::Reverse;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::char::is_combining_mark;

use crate::finding::Finding;
use crate::normalize::View;
use crate::rule::Category;
use crate::text::{Span, Text};

/// How a value is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// `[payment-card]`
    Label,
    /// `•••• 1111`: letters and digits hidden but for the last ones.
    Mask {
        /// How many letters and digits at the end stay; never more than half of
        /// them.
        keep_last: u8,
    },
    /// `[email:0f1e2d3c4b5a6978]`, a keyed hash (HMAC-SHA-256): equal values stay
    /// equal within a tenant, none can be guessed.
    Hash,
    /// A short token that [`Vault::open`] turns back.
    Token,
}

/// One replacement in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Which text of the exchange.
    pub text: usize,
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// Whose tokens: they never cross tenants or sessions.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The session; without one, tokens act as labels.
    pub session: &'a str,
}

/// Where tokens are kept.
pub trait Vault: Send + Sync {
    /// The same value gets the same token within a scope: `[EMAIL_1]`.
    fn token(
        &self,
        scope: &Scope<'_>,
        category: &Category,
        plain: &str,
    ) -> Result<String, VaultError>;
    /// The value behind a token of this scope.
    fn open(&self, scope: &Scope<'_>, token: &str) -> Result<Option<String>, VaultError>;
}

/// The token store failed.
#[derive(Debug, thiserror::Error)]
#[error("the token store failed: {0}")]
pub struct VaultError(pub String);

/// All that replacing needs to know beside the findings.
#[derive(Clone, Copy)]
pub struct Redactor<'a> {
    /// For whom.
    pub scope: Scope<'a>,
    /// The key of [`Redaction::Hash`].
    pub hash_key: &'a [u8; 32],
    /// Where [`Redaction::Token`] gets its tokens; `None`: tokens act as labels.
    pub vault: Option<&'a dyn Vault>,
    /// The longest edit, in bytes, that findings may form together.
    pub max_reach: usize,
}

/// Replacements, and what went wrong in making them.
#[derive(Debug, Default)]
pub struct Redacted {
    /// In order of text and span; none overlap.
    pub edits: Vec<Edit>,
    /// Times the vault failed. Each left a label in place of a token: nothing
    /// shows, but it cannot be turned back.
    pub vault_failures: Vec<VaultError>,
}

impl Redactor<'_> {
    /// The edits for the `chosen` findings (positions in `findings`, each with its
    /// manner). The order of `chosen` does not matter.
    pub fn edits(
        &self,
        texts: &[Text<'_>],
        findings: &[Finding],
        chosen: &[(usize, Redaction)],
    ) -> Redacted {
        let mut parts: Vec<Part<'_>> = chosen
            .iter()
            .filter_map(|&(i, how)| {
                let finding = findings.get(i)?;
                let body = texts.get(finding.text)?.body;
                let span = finding.span.widened(body);
                (!span.is_empty()).then_some(Part { finding, span, how })
            })
            .collect();
        // Of those that start together the longest opens the edit; the others lie
        // within it. The rule makes the order total.
        parts.sort_by(|a, b| {
            let key = |p: &Part<'_>| (p.finding.text, p.span.start, Reverse(p.span.end));
            key(a)
                .cmp(&key(b))
                .then_with(|| a.finding.rule.cmp(&b.finding.rule))
        });

        let mut redacted = Redacted::default();
        let mut open: Option<Part<'_>> = None;
        for mut part in parts {
            if let Some(edit) = open
                .as_mut()
                .filter(|edit| edit.finding.text == part.finding.text)
            {
                // What lies before the open edit belongs to one that is closed.
                part.span.start = part.span.start.max(edit.span.start);
                if part.span.is_empty() {
                    continue;
                }
                if edit.span.overlaps(part.span) {
                    let union = edit.span.union(part.span);
                    if union.len() <= self.max_reach {
                        edit.span = union;
                        if part.finding.wins_over(edit.finding) {
                            edit.finding = part.finding;
                            edit.how = part.how;
                        }
                        continue;
                    }
                    if part.span.end <= edit.span.end {
                        continue;
                    }
                    part.span.start = edit.span.end;
                }
            }
            if let Some(edit) = open.replace(part) {
                self.close(texts, &edit, &mut redacted);
            }
        }
        if let Some(edit) = open {
            self.close(texts, &edit, &mut redacted);
        }
        redacted
    }

    fn close(&self, texts: &[Text<'_>], edit: &Part<'_>, redacted: &mut Redacted) {
        let Some(text) = texts.get(edit.finding.text) else {
            return;
        };
        let category = &edit.finding.category;
        let value = edit.finding.span.widened(text.body).of(text.body);
        let replacement = match edit.how {
            Redaction::Label => label(category),
            // The letters of an encoding are not those of the value.
            Redaction::Mask { .. } if edit.finding.view == View::Decoded => HIDDEN.to_owned(),
            Redaction::Mask { keep_last } => mask(value, keep_last),
            Redaction::Hash => hash(self.hash_key, self.scope.tenant, category, value),
            // A token stands for all that the edit takes out, or turning it back
            // would not give the text that was.
            Redaction::Token => self
                .token(category, edit.span.of(text.body), redacted)
                .unwrap_or_else(|| label(category)),
        };
        redacted.edits.push(Edit {
            text: edit.finding.text,
            span: edit.span,
            replacement,
        });
    }

    fn token(&self, category: &Category, plain: &str, redacted: &mut Redacted) -> Option<String> {
        if self.scope.session.is_empty() {
            return None;
        }
        match self.vault?.token(&self.scope, category, plain) {
            Ok(token) => Some(token),
            Err(failure) => {
                redacted.vault_failures.push(failure);
                None
            }
        }
    }
}

/// An edit while it grows: where, and the finding that wins so far.
struct Part<'f> {
    finding: &'f Finding,
    span: Span,
    how: Redaction,
}

/// What stands for hidden letters, whatever their number.
const HIDDEN: &str = "••••";

/// `[payment-card]`
pub fn label(category: &Category) -> String {
    format!("[{}]", category.leaf())
}

/// `•••• 1111`: the last `keep_last` letters and digits of `value`, at most half
/// of all it has; what separates them is dropped, and nothing tells how long it
/// was.
///
/// A letter counts with the marks on it, so that no accent or vowel sign is torn
/// off and shown alone.
pub fn mask(value: &str, keep_last: u8) -> String {
    let mut letters: Vec<&str> = Vec::new();
    let mut rest = value.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        // A mark without a letter before it shows nothing that could stay.
        if !c.is_alphanumeric() || is_extending(c) {
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut marks = 0;
        while let Some((at, mark)) = rest.next_if(|&(_, c)| is_extending(c)) {
            if marks < MOST_MARKS {
                end = at + mark.len_utf8();
            }
            marks += 1;
        }
        letters.push(value.get(start..end).unwrap_or_default());
    }
    let keep = usize::from(keep_last).min(letters.len() / 2);
    if keep == 0 {
        return HIDDEN.to_owned();
    }
    let mut masked = String::with_capacity(HIDDEN.len() + 1 + 4 * keep);
    masked.push_str(HIDDEN);
    masked.push(' ');
    for letter in letters.iter().skip(letters.len() - keep) {
        masked.push_str(letter);
    }
    masked
}

/// Marks that are kept with a letter. No written language stacks more; text that
/// does would show its length.
const MOST_MARKS: usize = 4;

/// Whether a character belongs to the letter before it: combining marks and the
/// vowels and finals of Hangul written in parts.
fn is_extending(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{1160}'..='\u{11FF}')
}

/// `[email:0f1e2d3c4b5a6978]`: the first 64 bits of [`keyed_hash`], so that two
/// values out of a million share one with a chance of 1 in 37 million.
pub fn hash(key: &[u8; 32], tenant: &str, category: &Category, value: &str) -> String {
    use std::fmt::Write;

    let mut out = format!("[{}:", category.leaf());
    for byte in keyed_hash(key, tenant, category, value).iter().take(8) {
        // Writing into a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out.push(']');
    out
}

/// HMAC-SHA-256 over tenant, category and value. Each part is led by its length,
/// so that no two triples read the same.
pub fn keyed_hash(key: &[u8; 32], tenant: &str, category: &Category, value: &str) -> [u8; 32] {
    // HMAC pads a shorter key with zeros to the hash's block of 64 bytes; padding
    // it here gives a constructor that cannot fail.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in [tenant, category.as_str(), value] {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// Applies edits of one text, which are sorted and do not overlap.
///
/// ```
/// use engine::redact::{Edit, apply};
/// use engine::text::Span;
///
/// let edit = Edit { text: 0, span: Span::new(8, 15), replacement: "[email]".into() };
/// assert_eq!(apply("mail to a@b.com!", &[edit]), "mail to [email]!");
/// ```
pub fn apply(body: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(body.len());
    apply_into(body, edits, &mut out);
    out
}

/// Like [`apply`], but adds to `out`.
pub fn apply_into(body: &str, edits: &[Edit], out: &mut String) {
    let mut done = 0;
    for edit in edits {
        let span = edit.span.widened(body);
        let (start, end) = (span.start as usize, span.end as usize);
        out.push_str(body.get(done..start).unwrap_or_default());
        out.push_str(&edit.replacement);
        done = done.max(end);
    }
    out.push_str(body.get(done..).unwrap_or_default());
}

/// The edits of one text among edits that are sorted by text.
pub fn of_text(edits: &[Edit], text: usize) -> &[Edit] {
    let start = edits.partition_point(|edit| edit.text < text);
    let rest = edits.get(start..).unwrap_or_default();
    let end = rest.partition_point(|edit| edit.text == text);
    rest.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;
    use crate::rule::{Confidence, RuleId, Severity, Status};
    use crate::text::Role;

    /// A vault that counts per category, or fails.
    #[derive(Default)]
    struct Counting {
        broken: bool,
        tokens: Mutex<HashMap<String, String>>,
    }

    impl Vault for Counting {
        fn token(
            &self,
            _: &Scope<'_>,
            category: &Category,
            plain: &str,
        ) -> Result<String, VaultError> {
            if self.broken {
                return Err(VaultError("gone".into()));
            }
            let mut tokens = self.tokens.lock().unwrap();
            let next = format!("[{}_{}]", category.leaf().to_uppercase(), tokens.len() + 1);
            Ok(tokens.entry(plain.to_owned()).or_insert(next).clone())
        }

        fn open(&self, _: &Scope<'_>, token: &str) -> Result<Option<String>, VaultError> {
            let tokens = self.tokens.lock().unwrap();
            Ok(tokens
                .iter()
                .find(|(_, t)| *t == token)
                .map(|(plain, _)| plain.clone()))
        }
    }

    fn finding(rule: &str, start: usize, end: usize, severity: Severity) -> Finding {
        Finding {
            rule: RuleId::new(rule),
            text: 0,
            span: Span::new(start, end),
            category: Category::new(&format!("pii/{rule}")),
            severity,
            confidence: Confidence::Likely,
            score: 0.65,
            view: View::Folded,
            status: Status::Stable,
        }
    }

    fn redactor<'a>(vault: Option<&'a dyn Vault>, session: &'a str) -> Redactor<'a> {
        Redactor {
            scope: Scope {
                tenant: "acme",
                session,
            },
            hash_key: &[7; 32],
            vault,
            max_reach: 16,
        }
    }

    fn run(
        redactor: &Redactor<'_>,
        body: &str,
        findings: &[Finding],
        how: Redaction,
    ) -> (String, Redacted) {
        let texts = [Text {
            role: Role::User,
            body,
        }];
        let chosen: Vec<_> = (0..findings.len()).map(|i| (i, how)).collect();
        let redacted = redactor.edits(&texts, findings, &chosen);
        (apply(body, &redacted.edits), redacted)
    }

    #[test]
    fn a_mask_keeps_the_last_letters_and_hides_the_length() {
        for (value, keep_last, masked) in [
            ("4111 1111 1111 1234", 4, "•••• 1234"),
            ("4111-1111-1111-1234", 6, "•••• 111234"),
            ("41-11-1", 4, "•••• 11"),
            ("1234", 4, "•••• 34"),
            ("12", 4, "•••• 2"),
            ("1", 4, "••••"),
            ("", 4, "••••"),
            ("--- ---", 4, "••••"),
            ("4111111111111111111111111", 0, "••••"),
            ("Zoe\u{301}", 1, "•••• e\u{301}"),
            ("张伟民国", 2, "•••• 民国"),
            // Devanagari: vowel signs stay on their letters.
            ("नमस्ते", 1, "•••• ते"),
            (
                "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}",
                1,
                "•••• \u{1100}\u{1173}\u{11af}",
            ),
            ("😀ab😀cd😀", 2, "•••• cd"),
            ("ab\u{200b}c\u{200d}d", 2, "•••• cd"),
        ] {
            assert_eq!(mask(value, keep_last), masked, "{value}");
        }
        let zalgo = format!("abcd{}", "\u{301}".repeat(1000));
        assert_eq!(mask(&zalgo, 1), format!("•••• d{}", "\u{301}".repeat(4)));
    }

    #[test]
    fn a_hash_is_stable_and_bound_to_key_tenant_and_category() {
        let email = Category::new("pii/contact/email");
        let phone = Category::new("pii/contact/phone");
        let one = hash(&[7; 32], "acme", &email, "a@b.com");
        assert_eq!(one.len(), "[email:]".len() + 16);
        assert!(one.starts_with("[email:") && one.ends_with(']'));
        assert_eq!(one, hash(&[7; 32], "acme", &email, "a@b.com"));
        let bits = |key: u8, tenant: &str, category: &Category, value: &str| {
            keyed_hash(&[key; 32], tenant, category, value)
        };
        let base = bits(7, "acme", &email, "a@b.com");
        assert_ne!(base, bits(8, "acme", &email, "a@b.com"));
        assert_ne!(base, bits(7, "acm", &email, "a@b.com"));
        assert_ne!(base, bits(7, "acme", &phone, "a@b.com"));
        assert_ne!(base, bits(7, "acme", &email, "a@b.con"));
        // No way to shift bytes from one part to the next.
        let ab = Category::new("ab");
        let a = Category::new("a");
        assert_ne!(bits(7, "", &ab, "c"), bits(7, "", &a, "bc"));
    }

    #[test]
    fn the_hash_is_hmac_sha_256() {
        // Made with Python: hmac.new(bytes([7]*32), b''.join(len(p).to_bytes(8,
        // 'little') + p for p in parts), 'sha256') of acme, pii/x, value.
        let made = keyed_hash(&[7; 32], "acme", &Category::new("pii/x"), "value");
        let hex: String = made.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "1e488112bc5b606d57af92db2dc405432af37933c124a3a9716f21abe1b4e87e"
        );
    }

    #[test]
    fn overlaps_unite_and_the_winner_names_them() {
        let findings = [
            finding("low", 0, 6, Severity::Low),
            finding("high", 4, 10, Severity::High),
            finding("next", 10, 12, Severity::Low),
        ];
        let (out, redacted) = run(
            &redactor(None, ""),
            "0123456789abc",
            &findings,
            Redaction::Label,
        );
        assert_eq!(out, "[high][next]c");
        assert_eq!(redacted.edits.len(), 2);
        assert_eq!(redacted.edits[0].span, Span::new(0, 10));
    }

    #[test]
    fn a_chain_of_overlaps_closes_at_the_reach() {
        // 16 bytes at most: [0,10) + [8,16) fit, [14,24) does not, so it opens the
        // next edit where the first ends, and takes [20,30) in.
        let findings = [
            finding("a", 0, 10, Severity::Low),
            finding("b", 8, 16, Severity::Low),
            finding("c", 14, 24, Severity::Low),
            finding("d", 20, 30, Severity::High),
        ];
        let body = "0123456789abcdef0123456789abcdef";
        let (out, redacted) = run(&redactor(None, ""), body, &findings, Redaction::Label);
        let spans: Vec<Span> = redacted.edits.iter().map(|e| e.span).collect();
        assert_eq!(spans, [Span::new(0, 16), Span::new(16, 30)]);
        assert_eq!(out, "[a][d]ef");

        // One finding may be longer than the reach; what lies in it changes nothing.
        let findings = [
            finding("inside", 4, 6, Severity::Critical),
            finding("block", 0, 30, Severity::Low),
            finding("start", 0, 4, Severity::Critical),
        ];
        let (out, _) = run(&redactor(None, ""), body, &findings, Redaction::Label);
        assert_eq!(out, "[block]ef");

        // A finding that began before the open edit does not drag it back.
        let findings = [
            finding("a", 0, 12, Severity::Low),
            finding("b", 1, 24, Severity::Low),
            finding("c", 1, 14, Severity::High),
        ];
        let (out, _) = run(&redactor(None, ""), body, &findings, Redaction::Label);
        assert_eq!(out, "[a][c]89abcdef");
    }

    #[test]
    fn texts_are_edited_apart() {
        let mut findings = [
            finding("a", 0, 4, Severity::Low),
            finding("b", 2, 6, Severity::Low),
        ];
        findings[1].text = 1;
        let texts = [
            Text {
                role: Role::User,
                body: "one two",
            },
            Text {
                role: Role::User,
                body: "four five",
            },
        ];
        let chosen = [
            (1, Redaction::Label),
            (0, Redaction::Label),
            (9, Redaction::Label),
        ];
        let edits = redactor(None, "").edits(&texts, &findings, &chosen).edits;
        assert_eq!(apply(texts[0].body, of_text(&edits, 0)), "[a]two");
        assert_eq!(apply(texts[1].body, of_text(&edits, 1)), "fo[b]ive");
        assert_eq!(of_text(&edits, 2), []);
    }

    #[test]
    fn tokens_need_a_session_and_a_vault_that_works() {
        let findings = [
            finding("email", 0, 3, Severity::Low),
            finding("email", 4, 7, Severity::Low),
            finding("email", 8, 11, Severity::Low),
        ];
        let body = "a@b c@d a@b";
        let vault = Counting::default();
        let broken = Counting {
            broken: true,
            ..Counting::default()
        };
        for (vault, session, expected, failures) in [
            (Some(&vault), "s", "[EMAIL_1] [EMAIL_2] [EMAIL_1]", 0),
            (Some(&vault), "", "[email] [email] [email]", 0),
            (None, "s", "[email] [email] [email]", 0),
            (Some(&broken), "s", "[email] [email] [email]", 3),
        ] {
            let vault = vault.map(|v| v as &dyn Vault);
            let (out, redacted) = run(&redactor(vault, session), body, &findings, Redaction::Token);
            assert_eq!(out, expected);
            assert_eq!(redacted.vault_failures.len(), failures);
        }
    }

    #[test]
    fn tokens_turn_back_to_the_text_that_was() {
        // The winner is the shorter one; the token still stands for the union, and
        // for what is left of a finding when an edit closes within it.
        let findings = [
            finding("name", 0, 8, Severity::Low),
            finding("email", 6, 12, Severity::High),
            finding("url", 11, 20, Severity::Low),
        ];
        let body = "Anna a@b.com/path/x.";
        let vault = Counting::default();
        let redactor = redactor(Some(&vault), "s");
        let (mut out, redacted) = run(&redactor, body, &findings, Redaction::Token);
        assert_eq!(redacted.edits.len(), 2);
        for edit in &redacted.edits {
            let plain = vault
                .open(&redactor.scope, &edit.replacement)
                .unwrap()
                .unwrap();
            out = out.replace(&edit.replacement, &plain);
        }
        assert_eq!(out, body);
    }

    #[test]
    fn a_mask_of_an_encoding_shows_none_of_it() {
        let mut found = finding("payment-card", 0, 12, Severity::High);
        found.view = View::Decoded;
        let how = Redaction::Mask { keep_last: 4 };
        let (out, _) = run(&redactor(None, ""), "NDExMTExMTE= x", &[found], how);
        assert_eq!(out, "•••• x");
    }

    #[test]
    fn spans_that_cut_a_character_hide_all_of_it() {
        let found = finding("a", 1, 4, Severity::Low);
        let (out, _) = run(&redactor(None, ""), "é张x", &[found], Redaction::Label);
        assert_eq!(out, "[a]x");
        let beyond = finding("a", 2, 400, Severity::Low);
        let (out, _) = run(&redactor(None, ""), "é张x", &[beyond], Redaction::Label);
        assert_eq!(out, "é[a]");
        let nowhere = finding("a", 40, 400, Severity::Low);
        let (out, _) = run(&redactor(None, ""), "é张x", &[nowhere], Redaction::Label);
        assert_eq!(out, "é张x");
        let empty = Edit {
            text: 0,
            span: Span::new(3, 3),
            replacement: "[a]".into(),
        };
        assert_eq!(apply("é张x", &[empty]), "é[a]张x");
    }

    proptest! {
        #[test]
        fn bytes_outside_edits_stay_and_bytes_of_findings_go(
            body in "[a-zé张😀 ]{0,40}",
            places in prop::collection::vec((0..60usize, 1..30usize, any::<bool>()), 0..8),
            max_reach in 1..40usize,
        ) {
            let findings: Vec<Finding> = places
                .iter()
                .enumerate()
                .map(|(i, &(start, len, high))| {
                    let severity = if high { Severity::High } else { Severity::Low };
                    finding(&format!("rule-{i}"), start, start + len, severity)
                })
                .collect();
            let redactor = Redactor { max_reach, ..redactor(None, "") };
            let (out, redacted) = run(&redactor, &body, &findings, Redaction::Label);
            let edits = redacted.edits;

            // Sorted, apart, on characters; every byte of a finding lies in one.
            let mut covered = vec![false; body.len()];
            let mut end = 0;
            for edit in &edits {
                prop_assert!(edit.span.start >= end && !edit.span.is_empty());
                prop_assert!(body.get(edit.span.start as usize..edit.span.end as usize).is_some());
                end = edit.span.end;
                covered[edit.span.start as usize..end as usize].fill(true);
            }
            for found in &findings {
                for at in found.span.start..found.span.end.min(body.len() as u32) {
                    prop_assert!(covered[at as usize]);
                }
            }
            // No edit reaches further than the findings' whole characters do.
            for (at, c) in body.char_indices() {
                let touched = findings
                    .iter()
                    .any(|f| f.span.overlaps(Span::new(at, at + c.len_utf8())));
                prop_assert_eq!(covered[at], touched);
            }
            // Take the replacements out again: the rest is the rest of the body.
            let mut rest = out.as_str();
            let mut done = 0;
            for edit in &edits {
                let kept = &body[done..edit.span.start as usize];
                rest = rest.strip_prefix(kept).unwrap().strip_prefix(edit.replacement.as_str()).unwrap();
                done = edit.span.end as usize;
            }
            prop_assert_eq!(rest, &body[done..]);
        }
    }
}
