//! What stands in a finding's place.

use crate::rule::Category;
use crate::text::Span;

/// How a value is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// `[payment-card]`
    Label,
    /// `•••• 1111`: letters and digits hidden but for the last ones.
    Mask {
        /// How many letters and digits at the end stay.
        keep_last: u8,
    },
    /// A keyed hash (HMAC-SHA-256): equal values stay equal, none can be guessed.
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
