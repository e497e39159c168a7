//! Domain types shared by engine, server, pages and the browser.
//!
//! Knows what PostgreSQL reports and how pgdeck speaks of it; never does I/O, reads no clock and
//! does not panic. One type serves from row to pixel: `sqlx::FromRow` behind the feature `sqlx`,
//! serde for the wire.
#![warn(clippy::indexing_slicing)]

pub mod action;
#[macro_use]
pub mod area;
pub mod audit;
pub mod autovacuum;
pub mod buffer_cache;
pub mod columns;
pub mod duration;
pub mod error;
pub mod event;
pub mod explain;
pub mod explain_refusal;
pub mod finding;
pub mod identifier;
pub mod index_cost;
pub mod inspect;
pub mod kept;
pub mod latency;
pub mod measure;
pub mod named;
pub mod object;
pub mod of_database;
pub mod overhead;
pub mod pruning;
pub mod quantity;
pub mod ranking;
pub mod rare;
pub mod reading;
pub mod reason;
pub mod rule;
pub mod scale;
pub mod server;
pub mod shorten;
mod span;
pub mod suggestions;
#[cfg(feature = "sqlx")]
pub mod text;
mod time_range;
pub mod user;
pub mod version;
pub mod what_if;
#[cfg(feature = "server_fn")]
pub mod wire;

macro_rules! modules {
    ($($(#[$doc:meta])* $folder:ident: $name:ident, $area:ident;)+) => { $(pub mod $folder;)+ };
}
areas!(modules);

pub use area::AreaName;
pub use duration::duration;
pub use error::ApiError;
pub use event::{Event, EventKind, Events};
pub use finding::{
    About, Evidence, Finding, Harm, Limit, NotChecked, Remedy, RuleEntry, Severity, Unit,
};
pub use object::Object;
pub use of_database::OfDatabase;
pub use reading::{Failure, Latest, Reading};
pub use reason::{Cause, Known, Reason, Unread};
pub use server::{ServerId, ServerSummary};
pub use span::Span;
pub use tables::Reclaimable;
pub use tables::detail::TableName;
pub use time_range::TimeRange;
pub use user::{Permission, Role, User};
pub use vacuum::XminHolder;
