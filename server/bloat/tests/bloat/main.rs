//! The estimator's known answers: sizes that a server really had after a rewrite.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by panicking")]

mod defects;
mod known;
mod make;
mod rows;
