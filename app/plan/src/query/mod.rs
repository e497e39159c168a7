//! The SQL statement of a plan: lexer, outline of its clauses, and the source span of each node.
//!
//! Knows as much SQL as these questions need and no more. Where an answer is not certain there is
//! none; never reads past what PostgreSQL's own scanner would take as one token.

pub mod lexer;
mod outline;
mod spans;

pub use spans::query_spans;
