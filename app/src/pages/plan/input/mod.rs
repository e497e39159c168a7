//! Input of the plan page: the form, and recent plans of this browser.

pub mod form;
pub mod recent;

/// The example plan: a sequential scan that keeps few of its rows.
pub const EXAMPLE: &str = include_str!("../example.txt");
