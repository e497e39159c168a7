//! The verdict line under a page's heading. Grey with a reason wherever something that it needs is
//! unknown, stale or not granted: never green without knowing.

use leptos::prelude::*;
use model::reading::Freshness;
use model::{ApiError, Finding, Known, Latest, NotChecked, Reason, Severity, ranking};
use serde::{Deserialize, Serialize};

use super::format;
use crate::live::{Live, StreamState};
use crate::shell::navigation::Nav;

/// What the dot of a verdict says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// All is known and well: the only green.
    Fine,
    /// Known, and neither good nor bad.
    Open,
    /// Not known.
    Unknown,
    /// A finding to act on first.
    Found(Severity),
}

impl Tone {
    /// The CSS class.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::Found(severity) => severity.as_str(),
        }
    }
}

/// A sentence and its tone.
pub type Words = (String, Tone);

/// Renders the verdict; in the browser it turns grey as soon as pgdeck is no longer heard.
#[component]
pub fn Verdict(
    /// What is known.
    #[prop(into)]
    words: Signal<Words>,
) -> impl IntoView {
    let doubt = doubt();
    let shown = Memo::new(move |_| match doubt.get() {
        Some(doubt) => (doubt.to_owned(), Tone::Unknown),
        None => words.get(),
    });
    view! {
        <p class=move || format!("verdict {}", shown.get().1.as_str())>{move || format::unbroken(&shown.get().0)}</p>
    }
}

/// Renders the verdict on one thing that does not change while the page is open: a sentence on it, or why there is
/// none. That there is no such thing is known.
pub fn told<T>(known: &Known<T>, sentence: impl Fn(&T) -> String) -> AnyView {
    let (words, tone) = match known {
        Ok(value) => (sentence(value), Tone::Open),
        Err(reason) if reason.is_nothing() => (reason.message(), Tone::Open),
        Err(reason) => (reason.message(), Tone::Unknown),
    };
    view! { <p class=format!("verdict {}", tone.as_str())>{format::unbroken(&words)}</p> }
        .into_any()
}

/// Why nothing on the page can be relied upon at the moment.
pub fn doubt() -> Memo<Option<&'static str>> {
    let (live, nav) = (Live::get(), use_context::<Nav>());
    Memo::new(move |_| match (nav.and_then(|nav| nav.failed.get()), live.stream.get()) {
        (Some(ApiError::SignedOut), _) => {
            Some("Unknown: you are signed out. What is shown is no longer updated.")
        }
        (_, StreamState::Stopped) => {
            Some("Unknown: pgdeck was stopped. What is shown is no longer updated.")
        }
        (Some(ApiError::Unreachable), _) | (_, StreamState::Lost) => {
            Some("Unknown: pgdeck is not responding. What is shown is no longer updated.")
        }
        _ => None,
    })
}

/// The verdict on a reading: why nothing is known, or the finding to act on first, or which rules
/// are blind, or the words of `calm`. Green only where `calm` says so and every rule could be checked.
pub fn verdict<T>(
    latest: &Latest<T>,
    now_ms: i64,
    (findings, not_checked): (&[Finding], &[NotChecked]),
    calm: impl Fn(&T) -> (String, bool),
) -> Words {
    let value = match (latest.freshness(now_ms), latest.value()) {
        (Freshness::Fresh, Some(value)) => value,
        (Freshness::Unknown(reason), _) => return (reason.message(), tone(&reason)),
        (Freshness::Stale { reason: Some(reason), .. }, _) => {
            return (format!("No longer known: {}", reason.message()), tone(&reason));
        }
        (Freshness::Stale { reason: None, .. }, _) => {
            return ("No longer known: no newer reading has arrived.".into(), Tone::Unknown);
        }
        (Freshness::Waiting | Freshness::Fresh, _) => {
            return ("The first reading is on its way.".into(), Tone::Unknown);
        }
    };
    if let Some(first) = findings.first().filter(|first| first.severity > Severity::Info) {
        return (ranking::headline(first), Tone::Found(first.severity));
    }
    if let Some(words) = blind(not_checked) {
        return (words, Tone::Unknown);
    }
    let (message, fine) = calm(value);
    (message, if fine { Tone::Fine } else { Tone::Open })
}

/// A server that cannot be reached is trouble; anything else is only not known.
fn tone(reason: &Reason) -> Tone {
    match reason {
        Reason::Unreachable { .. } => Tone::Found(Severity::Critical),
        _ => Tone::Unknown,
    }
}

/// Which rules could not be checked, as a sentence; None when all that is missing comes by waiting.
pub fn blind(not_checked: &[NotChecked]) -> Option<String> {
    let (waits, blind): (Vec<_>, Vec<_>) = not_checked
        .iter()
        .filter(|one| one.is_blind())
        .partition(|one| one.reason == Reason::NotYet);
    if let Some(first) = blind.first() {
        let rules = format::plural(blind.len() as i64, "rule", "rules");
        return Some(format!("Unknown: {rules} could not be checked. {}", first.reason.message()));
    }
    (!waits.is_empty()).then(|| "The first readings are on their way.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::reading::Failure;
    use model::{Cause, Harm, Reading, Remedy};

    const CALM: fn(&u8) -> (String, bool) = |_| ("All is well.".to_owned(), true);

    fn read() -> Latest<u8> {
        let reading =
            Reading { at_ms: 0, took_ms: 1.0, value: 1, findings: vec![], not_checked: vec![] };
        Latest { reading: Some(reading), ..Latest::waiting(0, 1_000) }
    }

    fn not_checked(reason: Reason) -> NotChecked {
        NotChecked { rule: "locks/long_lock_wait".into(), reason }
    }

    #[test]
    fn only_a_calm_fresh_reading_with_every_rule_checked_is_green() {
        let none = (&[][..], &[][..]);
        assert_eq!(verdict(&Latest::waiting(0, 1_000), 0, none, CALM).1, Tone::Unknown);
        assert_eq!(verdict(&read(), 0, none, CALM), ("All is well.".to_owned(), Tone::Fine));
        // Frozen: nothing failed, but nothing arrives either.
        assert_eq!(verdict(&read(), 30_000, none, CALM).1, Tone::Unknown);
        let reason =
            Reason::missing_grant("the sessions of other roles", "grant pg_monitor to mon;");
        let blind = [not_checked(reason)];
        let (words, class) = verdict(&read(), 0, (&[], &blind), CALM);
        assert_eq!(class, Tone::Unknown);
        assert!(words.contains("1 rule could not be checked"), "{words}");
        assert_eq!(
            verdict(&read(), 0, (&[], &[not_checked(Reason::NotYet)]), CALM).1,
            Tone::Unknown
        );
        // A rate comes with the second reading; until then nothing is hidden.
        let rate = [not_checked(Reason::NeedsTwoReadings)];
        assert_eq!(verdict(&read(), 0, (&[], &rate), CALM).1, Tone::Fine);
    }

    #[test]
    fn a_failed_reading_is_unknown_and_a_lost_server_critical() {
        let failed =
            |reason| Latest { failure: Some(Failure { since_ms: 0, at_ms: 0, reason }), ..read() };
        let slow = failed(Reason::TimedOut { after_ms: 500 });
        let (message, class) = verdict(&slow, 0, (&[], &[]), CALM);
        assert_eq!(class, Tone::Unknown);
        assert!(message.contains("500 ms"), "{message}");
        let lost = failed(Reason::Unreachable {
            cause: Cause::Network,
            message: "Nobody answers.".into(),
            remedy: "Start it.".into(),
        });
        assert_eq!(verdict(&lost, 0, (&[], &[]), CALM).1, Tone::Found(Severity::Critical));
    }

    #[test]
    fn the_first_finding_is_named_with_its_severity() {
        let first = Finding {
            rule: "locks/lock_pile_up".into(),
            severity: Severity::Critical,
            object: "pid 7".into(),
            message: "5 sessions wait for pid 7.".into(),
            evidence: vec![],
            remedy: Remedy::default(),
            harm: Harm::Hurts { sessions: 5, seconds: 300.0 },
            root: None,
            same_root: vec![],
        };
        let blind = [not_checked(Reason::TimedOut { after_ms: 1 })];
        let words = verdict(&read(), 0, (&[first], &blind), CALM);
        assert_eq!(
            words,
            ("Critical: 5 sessions wait for pid 7.".to_owned(), Tone::Found(Severity::Critical))
        );
    }
}
