//! The words of the domain, shared by engine, server, pages and the browser.
//!
//! Knows what PostgreSQL reports and how pgdeck speaks of it; never does I/O, reads no clock and
//! does not panic. One type serves from row to pixel: `sqlx::FromRow` behind the feature `sqlx`,
//! serde for the wire.
#![warn(clippy::indexing_slicing)]

pub mod action;
pub mod activity;
pub mod audit;
pub mod cost;
pub mod error;
pub mod explain;
pub mod finding;
pub mod identifier;
pub mod locks;
pub mod overview;
pub mod reading;
pub mod refusal;
pub mod replication;
pub mod server;
pub mod shorten;
pub mod topology;
pub mod user;
pub mod vacuum;
#[cfg(feature = "server_fn")]
pub mod wire;

pub use error::ApiError;
pub use finding::{About, Evidence, Finding, Limit, NotChecked, Remedy, RuleEntry, Severity, Unit};
pub use reading::{Failure, Known, Latest, Reading, Reason};
pub use server::{AreaName, ServerId, ServerSummary};
pub use user::{Permission, Role, User};
