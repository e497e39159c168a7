//! HTTP tests in process: permissions, middleware and security headers of the real axum router, without
//! starting the binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it expects by panicking"
)]

#[path = "../support/client.rs"]
mod client;
mod forged_headers;
mod form_tokens;
mod in_process;
mod metrics;
#[path = "../support/payloads.rs"]
mod payloads;
mod permissions;
mod plans_seen;
mod security;
mod sign_in;
mod sinks;
mod titles;
mod truth;
