//! PostgreSQL EXPLAIN plans: a parser for pasted output, time attribution per node, and lint rules.
//!
//! Knows the TEXT, JSON, YAML and XML output of PostgreSQL 9.6 to 19, the frames psql draws, the
//! quotes and wraps of other tools, auto_explain's log records, and what systems built on PostgreSQL
//! add (Greenplum, Citus, TimescaleDB, YugabyteDB, Redshift). Never does I/O, reads no clock,
//! does not recurse and does not panic: a plan is one flat list of nodes, and every walk is a loop.
#![warn(clippy::indexing_slicing)]

mod anonymise;
mod arity;
pub mod catalog;
pub mod derive;
pub mod diff;
pub mod expression;
mod keys;
pub mod layout;
mod node;
pub mod node_help;
mod paste;
pub mod query;
mod read;
pub mod rules;
pub mod shape;
mod system;
mod text;
mod title;
pub mod write;

pub use anonymise::anonymise;
pub use catalog::Catalog;
pub use derive::{Derived, Interval, derive};
pub use node::{
    Actual, Cost, Format, Leftover, Node, Notice, ParseError, Parsed, Plan, Prop, Trigger, Value,
    Worker,
};
pub use paste::decode;
pub use query::query_spans;
pub use system::System;

/// Reads everything that is a plan in a paste.
///
/// Lines that are neither part of a plan nor of what usually surrounds one are listed in
/// [`Parsed::not_understood`]. A plan that is cut is returned as far as it was read, with
/// [`Plan::broken`] saying what was expected where. Error: there is no plan in the text at all.
pub fn parse(paste: &str) -> Result<Parsed, ParseError> {
    read::read(paste)
}
