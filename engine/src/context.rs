//! Words near a match that speak for it or against it.

use aho_corasick::AhoCorasick;

use crate::phrase::Phrase;
use crate::rule::{Confidence, ContextSpec};

/// The most code points that a rule may look at on each side.
pub(crate) const MAX_WITHIN: usize = 1_000;

/// The context of a rule, ready to be asked.
#[derive(Debug)]
pub(crate) struct Context {
    within_chars: usize,
    words: Vec<Word>,
    /// Finds the first bytes of a word; pattern `i` leads to `words[lead[i]]`.
    search: AhoCorasick,
    leads: Vec<usize>,
    require: bool,
}

#[derive(Debug)]
struct Word {
    written: String,
    phrase: Phrase,
    raises: bool,
}

/// What the words around a match say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opinion<'c> {
    /// The word that decided; `None`: no word stands near.
    pub word: Option<&'c str>,
    /// What it leads to; `None`: no finding.
    pub confidence: Option<Confidence>,
}

impl Context {
    /// Prepares a rule's context; an error says what is wrong.
    pub(crate) fn new(spec: &ContextSpec) -> Result<Context, String> {
        if spec.within_chars == 0 || spec.within_chars > MAX_WITHIN {
            return Err(format!("`within_chars` is 1 to {MAX_WITHIN}"));
        }
        if spec.require && spec.raise.is_empty() {
            return Err("`require` needs words in `raise`".to_owned());
        }
        let mut words = Vec::new();
        let (mut heads, mut leads) = (Vec::new(), Vec::new());
        for (list, raises) in [(&spec.raise, true), (&spec.lower, false)] {
            for written in list {
                let phrase =
                    Phrase::new(written).map_err(|error| format!("`{written}`: {error}"))?;
                let own = phrase
                    .heads()
                    .ok_or_else(|| format!("`{written}` does not begin with a word"))?;
                for head in own {
                    heads.push(head);
                    leads.push(words.len());
                }
                words.push(Word {
                    written: written.clone(),
                    phrase,
                    raises,
                });
            }
        }
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(&heads)
            .map_err(|error| error.to_string())?;
        Ok(Context {
            within_chars: spec.within_chars,
            words,
            search,
            leads,
            require: spec.require,
        })
    }

    /// How far, in code points, words count on each side.
    pub(crate) fn within_chars(&self) -> usize {
        self.within_chars
    }

    /// The words of which one must stand near, if the rule requires one.
    pub(crate) fn needed(&self) -> Option<Vec<String>> {
        let raising = self.words.iter().filter(|word| word.raises);
        self.require
            .then(|| raising.map(|word| word.written.clone()).collect())
    }

    /// Asks the words around `start..end`; `otherwise` is the confidence of a
    /// match that no word speaks of.
    pub(crate) fn ask(
        &self,
        text: &str,
        start: usize,
        end: usize,
        otherwise: Confidence,
    ) -> Opinion<'_> {
        let from = back(text, start, self.within_chars);
        let to = forth(text, end, self.within_chars);
        let mut lowers = None;
        for (from, to) in [(from, start), (end, to)] {
            for hit in self
                .search
                .find_overlapping_iter(aho_corasick::Input::new(text).range(from..to))
            {
                let Some(word) = self
                    .leads
                    .get(hit.pattern().as_usize())
                    .and_then(|&i| self.words.get(i))
                else {
                    continue;
                };
                if word
                    .phrase
                    .match_at(text, hit.start(), &mut 0)
                    .is_none_or(|end| end > to)
                {
                    continue;
                }
                if word.raises {
                    return Opinion {
                        word: Some(&word.written),
                        confidence: Some(Confidence::Certain),
                    };
                }
                lowers = Some(word.written.as_str());
            }
        }
        let confidence = match lowers {
            _ if self.require => None,
            Some(_) => Some(Confidence::Possible),
            None => Some(otherwise),
        };
        Opinion {
            word: lowers,
            confidence,
        }
    }
}

/// The start of the `chars`-th character before `at`.
fn back(text: &str, at: usize, chars: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    match chars.checked_sub(1) {
        Some(last) => before.char_indices().rev().nth(last).map_or(0, |(i, _)| i),
        None => at,
    }
}

/// The end of the `chars`-th character after `at`.
fn forth(text: &str, at: usize, chars: usize) -> usize {
    let after = text.get(at..).unwrap_or_default();
    after
        .char_indices()
        .nth(chars)
        .map_or(text.len(), |(i, _)| at + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str, require: bool) -> (Option<Confidence>, Option<String>) {
        let spec = ContextSpec {
            within_chars: 12,
            raise: vec![
                "card".into(),
                "social security".into(),
                "卡号".into(),
                "карта".into(),
                "don't".into(),
            ],
            lower: vec!["order".into()],
            require,
        };
        let context = Context::new(&spec).unwrap();
        let start = text.find('#').unwrap();
        let opinion = context.ask(text, start, start + 1, Confidence::Likely);
        (opinion.confidence, opinion.word.map(str::to_owned))
    }

    #[test]
    fn whole_words_near_enough_decide() {
        use Confidence::*;
        assert_eq!(ask("my Card: #", false).0, Some(Certain));
        assert_eq!(ask("# is my card", false).0, Some(Certain));
        assert_eq!(ask("discard #", false).0, Some(Likely), "not a whole word");
        assert_eq!(ask("card, far away: #", false).0, Some(Likely), "too far");
        assert_eq!(ask("卡号是#", false).0, Some(Certain));
        assert_eq!(ask("КАрта #", false).0, Some(Certain));
        assert_eq!(ask("don\u{2019}t #", false).0, Some(Certain));
        assert_eq!(
            ask("order #", false),
            (Some(Possible), Some("order".into()))
        );
        assert_eq!(
            ask("order card #", false).0,
            Some(Certain),
            "raise beats lower"
        );
        assert_eq!(ask("social\nsec #", false).0, Some(Likely));
    }

    #[test]
    fn a_required_word_must_be_there() {
        assert_eq!(ask("#", true).0, None);
        assert_eq!(ask("order #", true).0, None);
        assert_eq!(ask("card #", true).0, Some(Confidence::Certain));
    }
}
