//! Why a rule fired or not, in lines that an officer can read.

use engine::normalize::View;
use engine::rule::Confidence;
use engine::trace::{Step, Trace};

/// The longest piece of text that a line quotes, in code points.
const QUOTE_CHARS: usize = 60;

/// A trace, one line a step.
pub fn lines(trace: &Trace) -> Vec<String> {
    trace.steps.iter().map(line).collect()
}

fn line(step: &Step) -> String {
    match step {
        Step::OutOfScope { why } => format!("not looked at: {why}"),
        Step::View { view: which, text } => {
            format!("the view `{}` shows '{}'", view(*which), quote(text))
        }
        Step::Needs { what, places } if places.is_empty() => {
            format!("a match needs {what}, which is nowhere here")
        }
        Step::Needs { what, places } => {
            let times = places.len();
            let times = if times == 1 {
                "once".to_owned()
            } else {
                format!("{times} times")
            };
            format!("a match needs {what}, which is here {times}")
        }
        Step::Match { span, text } => {
            format!("'{}' matches at {}..{}", quote(text), span.start, span.end)
        }
        Step::Exhausted => "the rule used up the work it is allowed in one text".to_owned(),
        Step::NoMatch => "nothing matches".to_owned(),
        Step::Validator { name, passed: true } => format!("`{name}` lets it pass"),
        Step::Validator {
            name,
            passed: false,
        } => format!("`{name}` rejects it"),
        Step::Exception { what } => format!("the exception '{}' takes it away", quote(what)),
        Step::Allowed { term } => format!("the allowed term '{}' covers it", quote(term)),
        Step::Context {
            word,
            confidence: sure,
        } => match (word, sure) {
            (Some(word), Some(sure)) => {
                format!("`{word}` stands near, so it is {}", confidence(*sure))
            }
            (None, Some(sure)) => format!(
                "no context word stands near, so it is {}",
                confidence(*sure)
            ),
            (Some(word), None) => format!("`{word}` stands near, and takes it away"),
            (None, None) => "no context word stands near, and one is required".to_owned(),
        },
    }
}

/// A confidence as rule files write it.
pub fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Possible => "possible",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}

/// A view as rule files write it.
pub fn view(view: View) -> &'static str {
    match view {
        View::Raw => "raw",
        View::Folded => "folded",
        View::Skeleton => "skeleton",
        View::Decoded => "decoded",
    }
}

/// The beginning of a text, in one line.
fn quote(text: &str) -> String {
    let mut out: String = text.chars().take(QUOTE_CHARS).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out.replace(['\n', '\r'], " ")
}
