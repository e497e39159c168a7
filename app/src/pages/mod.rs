//! The pages, each with its server functions beside it.

pub mod about;
pub mod act;
pub mod activity;
pub mod audit;
pub mod fleet;
pub mod glossary;
pub mod locks;
pub mod not_found;
pub mod overview;
pub mod plan;
pub mod replication;
pub mod rules;
pub mod sign_in;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Finding, Latest, ServerId, Severity};

/// The server in the URL.
fn server_param() -> Memo<ServerId> {
    let params = use_params_map();
    Memo::new(move |_| {
        ServerId::new(params.with(|params| params.get("server").unwrap_or_default()))
    })
}

/// A page's verdict and its CSS class: why nothing is known, or the worst finding, or the text of
/// `calm`. Green (`fine`) only where `calm` returns true.
fn verdict<T>(
    latest: &Latest<T>,
    findings: &[Finding],
    calm: impl Fn(&T) -> (String, bool),
) -> (String, &'static str) {
    let worst = findings.first().filter(|worst| worst.severity > Severity::Info);
    match (latest.value(), &latest.failure, worst) {
        (None, Some(failure), _) => (failure.reason.message(), "critical"),
        (None, None, _) => ("The first reading is on its way.".into(), "open"),
        (Some(_), Some(failure), _) => {
            (format!("No newer reading: {}", failure.reason.message()), "critical")
        }
        (Some(_), None, Some(worst)) => (worst.message.clone(), worst.severity.as_str()),
        (Some(value), None, None) => {
            let (message, fine) = calm(value);
            (message, if fine { "fine" } else { "open" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::reading::Failure;
    use model::{Reading, Reason};

    #[test]
    fn only_a_calm_fresh_reading_is_green() {
        let mut latest = Latest::<u8>::waiting(0, 1_000);
        let calm = |_: &u8| ("All is well.".to_owned(), true);
        assert_eq!(verdict(&latest, &[], calm).1, "open");
        latest.reading = Some(Reading {
            at_ms: 0,
            took_ms: 1.0,
            value: 1,
            findings: vec![],
            not_checked: vec![],
        });
        assert_eq!(verdict(&latest, &[], calm), ("All is well.".to_owned(), "fine"));
        latest.failure =
            Some(Failure { since_ms: 0, at_ms: 0, reason: Reason::TimedOut { after_ms: 500 } });
        let (message, class) = verdict(&latest, &[], calm);
        assert_eq!(class, "critical");
        assert!(message.contains("500 ms"), "{message}");
    }
}
