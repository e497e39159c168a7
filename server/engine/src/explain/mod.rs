//! EXPLAIN of a statement that a person gives (limits.md C3): guarded by PostgreSQL's own parser, run
//! once in a transaction that is always rolled back, cancellable.

mod functions;
pub mod guard;
mod tree;
