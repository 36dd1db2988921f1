//! What is screened: pieces of text, who said them, and positions in them.

use serde::{Deserialize, Serialize};

/// A half-open range, in bytes, of a text *as received*. Both ends lie on
/// character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` up to, not including, `end` (bytes).
    pub fn new(start: usize, end: usize) -> Span {
        debug_assert!(start <= end && end <= u32::MAX as usize);
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether every byte of `other` lies in this span.
    pub fn covers(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two spans share at least one byte.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span that covers both.
    pub fn union(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The part of `body` that the span names; empty if it does not fit.
    pub fn of(self, body: &str) -> &str {
        body.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// The span within `body`, widened to whole characters. Spans come complete
    /// from the normaliser; should one not, too much is hidden, never too little.
    pub fn widened(self, body: &str) -> Span {
        let mut start = (self.start as usize).min(body.len());
        let mut end = (self.end as usize).min(body.len());
        while !body.is_char_boundary(start) {
            start -= 1;
        }
        if self.is_empty() {
            end = start;
        }
        while !body.is_char_boundary(end) {
            end += 1;
        }
        Span::new(start, end)
    }
}

/// One piece of text to screen, and who said it.
#[derive(Clone, Copy, Debug)]
pub struct Text<'t> {
    /// Who said it.
    pub role: Role,
    /// What was said, at most 4 GiB.
    pub body: &'t str,
}

/// Who said a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions of the operator of the model.
    System,
    /// Instructions of the application's developer.
    Developer,
    /// The person, or program, that asks.
    User,
    /// The model.
    Assistant,
    /// What a tool returned, or the arguments it is called with.
    Tool,
    /// Retrieved or attached material.
    Document,
}

/// Which way a text travels: to the model or from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To the model.
    Prompt,
    /// From the model.
    Output,
}
