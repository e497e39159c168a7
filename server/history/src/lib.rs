//! The history store: everything that outlives the process, in one SQLite file, or in a database of
//! PostgreSQL that several processes share.
//!
//! A *source* (cluster, server, area) is read in *ticks*. A tick gives *points*: a value of a metric of an
//! entity, a *gauge* or an *increment* since the tick before. [`Recorder::append`] takes them without ever
//! waiting; every five seconds a flush writes them in one transaction. Compaction turns what was flushed
//! into compressed, checksummed columns and rolls it up to minutes, hours and days, and [`History`] answers
//! from whichever of these a question needs.

mod about;
mod answers;
mod backfill;
mod backup;
mod beside;
mod catalog;
mod chunk;
mod codec;
mod compact;
mod db;
mod error;
mod events;
mod flush;
mod gaps;
mod history;
mod ids;
mod lease;
mod level;
mod merge;
mod names;
mod partitions;
mod pending;
mod plan;
mod plans;
mod postgres;
mod range;
mod recorder;
mod resolve;
mod retention;
mod rows;
mod scan;
mod settings;
mod sqlite;
mod totals;
mod view;
mod window;

pub use about::{About, AboutShared};
pub use answers::{Bucket, Column, Columns, Gap, GapReason, Known, Line, Range, Total, Totals};
pub use backfill::{PastSeries, Typical};
pub use backup::copy;
pub use beside::{Blob, Event, StatementPlan, StatementText};
pub use error::{Error, Stopped};
pub use events::MOST_EVENTS;
pub use history::History;
pub use names::{Entity, Kind, Metric, Point, Source};
pub use plans::{MOST_PLAN_BYTES, MOST_PLANS};
pub use postgres::Address;
pub use range::Series;
pub use recorder::Recorder;
pub use settings::{Retention, Settings};
