//! Everything that talks to PostgreSQL: connections, SQL, the sampler, areas with their rules,
//! EXPLAIN and actions.
//!
//! Start reading at `sampler`. A page asks the `Engine` and is answered from memory.

pub mod actions;
mod answers;
pub mod area;
pub mod areas;
pub mod bloat;
pub mod buffer_cache;
pub mod capability;
mod clock;
pub mod columns;
pub mod connection;
pub mod databases;
pub mod dsn;
mod engine;
mod error;
mod error_text;
pub mod events;
pub mod explain;
mod fields;
#[doc(hidden)]
pub mod fuzzing;
mod generated;
pub mod history;
pub mod inspect;
mod isolated;
mod kept;
mod machine;
mod marks;
pub mod measure;
pub mod metrics;
pub mod overhead;
mod parsing;
mod past;
pub mod planning;
pub mod pruning;
pub mod record;
mod recorded;
mod redact;
mod relations;
pub mod reload;
mod remembered;
pub mod rule;
pub mod rules;
pub mod sampled;
mod sampler;
mod search;
mod server;
mod shared_names;
pub mod sql;
pub mod store;
mod stored_event;
pub mod suggestions;
pub mod tags;
pub mod touched;

pub use clock::now_ms;
pub use dsn::Dsn;
pub use engine::Engine;
pub use error::{Error, quoted};
pub use marks::MarkError;
pub use record::{Recording, Report, check, record};
pub use recorded::{RecordError, record_into};
pub use redact::statement as without_secrets;
pub use remembered::Past;
pub use rule::Limits;
pub use server::ServerConfig;
pub use store::Frame;
pub use stored_event::written as stored_event;
