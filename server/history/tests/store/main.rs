//! The store from outside: what is recorded comes back exactly, whatever happens to the process, the clock
//! and the disk.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by panicking")]

mod answers;
mod backfill;
mod beside;
mod clock;
mod faults;
mod killed;
mod leases;
mod plans;
mod retention;
mod shared;
mod state;
mod torn;
mod view;
mod workload;
