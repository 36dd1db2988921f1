//! From an opening literal to a closing one: keys in armour.
//!
//! A private key can be longer than any pattern may be. A block needs no
//! automaton: it begins at one literal and ends at another, and one that is not
//! closed is found up to its limit, because half a key is still a key.

use aho_corasick::AhoCorasick;

use crate::prefilter::need::{Literal, Need};

/// A block that can be searched for.
#[derive(Debug)]
pub(crate) struct Block {
    begin: Vec<String>,
    end: AhoCorasick,
    max_bytes: usize,
}

impl Block {
    /// A block between literals, in any ASCII case; an error says what is wrong.
    pub(crate) fn new(begin: &[String], end: &[String], max_bytes: usize) -> Result<Block, String> {
        if begin.is_empty() || end.is_empty() || begin.iter().chain(end).any(String::is_empty) {
            return Err(
                "a block needs literals that open it and literals that close it".to_owned(),
            );
        }
        let end = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(end)
            .map_err(|error| error.to_string())?;
        Ok(Block {
            begin: begin.to_vec(),
            end,
            max_bytes,
        })
    }

    /// What a text with this block contains.
    pub(crate) fn need(&self) -> Need {
        let literals = self.begin.iter().map(|begin| Literal {
            bytes: begin.to_ascii_lowercase().into_bytes(),
            loose: Vec::new(),
            next: None,
            word_start: false,
            word_end: false,
            before: 0,
            after: self.max_bytes,
        });
        Need::literals(literals.collect())
    }

    /// The longest match, in bytes.
    pub(crate) fn max_len(&self) -> usize {
        self.max_bytes
    }

    /// The end of the block that opens at `start`, if one does.
    pub(crate) fn match_at(&self, text: &str, start: usize) -> Option<usize> {
        let rest = text.get(start..)?;
        let opened = self.begin.iter().filter(|begin| {
            rest.as_bytes()
                .get(..begin.len())
                .is_some_and(|there| there.eq_ignore_ascii_case(begin.as_bytes()))
        });
        let opening = opened.map(String::len).max()?;
        let limit = crate::confirm::floor(text, start.saturating_add(self.max_bytes));
        let body = start + opening;
        let closed = self
            .end
            .find(aho_corasick::Input::new(text).range(body..limit.max(body)));
        Some(closed.map_or(limit.max(body), |end| end.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_at_its_end_or_at_its_limit() {
        let block = Block::new(&["-begin-".into()], &["-end-".into()], 24).unwrap();
        let end = |text: &str| text.find("-BEGIN-").and_then(|at| block.match_at(text, at));
        assert_eq!(end("x -BEGIN-abc-END- y"), Some(17));
        assert_eq!(end("-BEGIN-abc"), Some(10));
        assert_eq!(end(&format!("-BEGIN-{}", "a".repeat(90))), Some(24));
        assert_eq!(end(&format!("-BEGIN-{}-END-", "a".repeat(90))), Some(24));
        assert_eq!(block.match_at("begin", 0), None);
    }
}
