//! The estimator's known answers: sizes that a server really had after a rewrite.

mod defects;
mod known;
mod make;
mod rows;
