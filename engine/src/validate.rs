//! Checks that a pattern cannot make, such as a check digit.

/// A check that a pattern cannot make, such as a check digit.
///
/// To add one: a file under `validate/` and a row in [`VALIDATORS`].
pub struct Validator {
    /// What rules call it.
    pub name: &'static str,
    /// One line for people, with the standard it follows.
    pub summary: &'static str,
    /// Whether the text of a finding, as it stands in its view, passes.
    pub check: fn(&str) -> bool,
}

/// All validators, in order of name.
pub static VALIDATORS: &[Validator] = &[];

/// The validator of this name.
pub fn validator(name: &str) -> Option<&'static Validator> {
    VALIDATORS.iter().find(|v| v.name == name)
}
