//! Models behind [`engine::classify::Classifier`].
