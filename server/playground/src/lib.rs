//! Throw-away PostgreSQL servers for tests, benchmarks and `pgdeck demo`.
//!
//! A server lives in a directory of its own under the temporary directory, listens on 127.0.0.1 only
//! and is gone, with its files, when its [`Server`] is dropped. Nothing here ever touches a server that
//! this package did not start.

pub mod attack;
mod cache;
mod cleanup;
mod client;
mod demo;
mod error;
mod files;
mod hostile;
pub mod install;
pub mod lab;
mod options;
mod permissions;
mod pooler;
mod port;
mod process;
mod proxy;
mod scene;
pub mod schema;
mod server;
mod standby;
mod template;
mod trouble;
mod user;
mod workload;

pub use client::connect;
pub use demo::{Demo, DemoOptions, OBSERVER, Shop};
pub use error::Error;
pub use hostile::{HostileServer, Phase};
pub use options::ServerOptions;
pub use pooler::{PoolMode, Pooler, PoolerOptions};
pub use proxy::{Fault, FaultPhase, FaultProxy};
pub use server::{Server, server};
pub use trouble::Trouble;
pub use trouble::dropped_index::{Looks, Regressed};
