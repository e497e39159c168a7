//! The input of the plan page: the form, and the plans kept in this browser.

pub mod form;
pub mod recent;
