//! What can be asked of the data port, one file an endpoint.

pub mod moderations;
pub mod problem;
pub mod rules;
pub mod screen;
