//! The pages, each with its server function beside it.

pub mod about;
pub mod activity;
#[cfg(feature = "ssr")]
mod charts;
pub mod fleet;
pub mod not_found;
pub mod overview;
pub mod replication;
pub mod rules;
pub mod sign_in;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Finding, ServerId, Severity};

/// The server in the page's address.
fn server_param() -> Memo<ServerId> {
    let params = use_params_map();
    Memo::new(move |_| ServerId::new(params.with(|params| params.get("server").unwrap_or_default())))
}

/// A page's verdict in words that could be read out on the phone: the worst finding, or `calm`.
fn verdict(findings: &[Finding], calm: String) -> (String, &'static str) {
    match findings.first() {
        Some(worst) if worst.severity > Severity::Info => (worst.says.clone(), worst.severity.word()),
        _ => (calm, "fine"),
    }
}
