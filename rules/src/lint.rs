//! Advice on rules that load: codes R1xx, one file a family.
//!
//! A lint says what usually goes wrong later. Each can be switched off for a
//! pack in its pack.yaml, with a reason; none stops a rule from loading.

pub(crate) mod meant;
pub(crate) mod overlap;
pub(crate) mod written;
