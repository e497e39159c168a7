//! End-to-end tests of the binary: command line, HTTP, PostgreSQL. One test executable, to link only once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it expects by panicking"
)]

mod actions;
mod actions_killed;
mod audit;
mod canaries;
mod check;
mod cli;
#[path = "../support/client.rs"]
mod client;
mod common;
mod explain;
mod explain_audit;
mod explain_page;
mod hostile;
mod live;
mod login_link;
mod marks;
mod pages;
mod plan;
mod plan_page;
mod recording;
mod reload;
mod shortages;
mod sign_in;
mod upgrade;
