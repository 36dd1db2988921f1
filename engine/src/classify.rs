//! What the models say that no rule can say.
//!
//! The engine knows the trait and the cascade; the models and their runtime
//! live in the `classifiers` crate.

use std::time::Instant;

use crate::rule::Category;

/// What a model is, and which file it is, down to the last bit.
#[derive(Clone, Debug)]
pub struct ModelCard {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub sha256: [u8; 32],
    /// What it tells apart, and the category each label means.
    pub labels: Vec<(String, Category)>,
    /// The longest text, in bytes, that is judged in one piece.
    pub window: usize,
}

/// Judges texts.
pub trait Classifier: Send + Sync {
    /// What it is.
    fn card(&self) -> &ModelCard;
    /// One score between 0 and 1 per text and label, or an error for all.
    fn classify(&self, texts: &[&str], deadline: Instant) -> Result<Vec<Scores>, ClassifyError>;
}

/// One score a label, in the order of the card.
#[derive(Clone, Debug)]
pub struct Scores(pub Vec<f32>);

/// Why a model gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    /// The deadline came first.
    #[error("time ran out")]
    Timeout,
    /// It broke.
    #[error("the model failed: {0}")]
    Failed(String),
}
