//! NEEDS A SENTENCE.

pub mod form;
pub mod recent;
