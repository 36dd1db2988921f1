//! Colours for terminals, or none.

use engine::policy::Action;
use engine::rule::Severity;

/// Paints, or leaves plain.
#[derive(Clone, Copy, Debug)]
pub struct Paint(pub bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A headline.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What may be passed over.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// The name of a file.
    pub fn file(self, text: &str) -> String {
        self.with("35", text)
    }

    /// A place in a file.
    pub fn place(self, text: &str) -> String {
        self.with("32", text)
    }

    /// A text by how bad it is.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Low => "36",
            Severity::Medium => "33",
            Severity::High => "31",
            Severity::Critical => "1;31",
        };
        self.with(code, text)
    }

    /// A text by what is done about it.
    pub fn action(self, action: Action, text: &str) -> String {
        let code = match action {
            Action::Allow => "1;32",
            Action::Flag => "1;36",
            Action::Redact => "1;33",
            Action::Block => "1;31",
        };
        self.with(code, text)
    }
}
