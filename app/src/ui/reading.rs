//! The single place that turns a reading's state into words: loading, fresh, stale, unknown, empty,
//! broken. Draws nothing of the reading itself.

use leptos::prelude::*;
use model::reading::Freshness;
use model::{ApiError, Known, Latest, Reason};

use super::code::Code;
use super::format;
use crate::live::Live;

/// Shows `children` once there is a reading; says how far it can be relied upon, or why there is none.
#[component]
pub fn ReadingView<T>(
    /// The newest that is known.
    latest: RwSignal<Latest<T>>,
    /// What is shown, as the subject of a sentence: `sessions`.
    what: &'static str,
    /// Draws the reading.
    children: ChildrenFn,
) -> impl IntoView
where
    T: Send + Sync + 'static,
{
    let live = Live::get();
    let state = Memo::new(move |_| latest.with(|latest| latest.freshness(live.now_ms.get())));
    let has = Memo::new(move |_| latest.with(|latest| latest.reading.is_some()));
    let message = Memo::new(move |_| headline(&state.get(), what));
    view! {
        <div class="show" class:stale=move || matches!(state.get(), Freshness::Stale { .. })>
            <div role="status" class="show-state" class:quiet=move || message.with(String::is_empty)>{move || message.get()}</div>
            {move || detail(&state.get())}
            {move || {
                if has.get() {
                    children().into_any()
                } else if matches!(*state.read(), Freshness::Waiting) {
                    view! { <div class="skeleton-block" aria-hidden="true"></div> }.into_any()
                } else {
                    ().into_any()
                }
            }}
        </div>
    }
}

/// One sentence about the state; empty while fresh. Changes only when the state does, so that a
/// screen reader is not told the age each second.
fn headline(state: &Freshness, what: &str) -> String {
    match state {
        Freshness::Fresh => String::new(),
        Freshness::Waiting => format!("Waiting for the first reading of the {what}."),
        Freshness::Stale { reason: Some(reason), .. } => {
            format!("The {what} shown are out of date: {}", reason.message())
        }
        Freshness::Stale { reason: None, .. } => {
            format!("The {what} shown are out of date: no newer reading has arrived.")
        }
        Freshness::Unknown(reason) => format!("The {what} are unknown. {}", reason.message()),
    }
}

fn detail(state: &Freshness) -> Option<AnyView> {
    match state {
        Freshness::Fresh | Freshness::Waiting => None,
        Freshness::Stale { age_ms, reason } => Some(
            view! {
                <p class="show-age">
                    "Read " {format::age(*age_ms as f64)} " ago. pgdeck keeps trying."
                </p>
                {reason.as_ref().map(remedy)}
            }
            .into_any(),
        ),
        Freshness::Unknown(reason) => Some(remedy(reason)),
    }
}

fn remedy(reason: &Reason) -> AnyView {
    match reason.remedy() {
        Some(sql) if reason.remedy_is_sql() => view! { <Code text=sql/> }.into_any(),
        Some(message) => view! { <p class="show-remedy">{message}</p> }.into_any(),
        None => ().into_any(),
    }
}

/// Draws a value that may be unknown; a Reason takes its place with what would fix it.
pub fn known<T>(value: &Known<T>, draw: impl FnOnce(&T) -> AnyView) -> AnyView {
    match value {
        Ok(value) => draw(value),
        Err(reason) => why(reason),
    }
}

/// Why something is not known and what would make it known.
pub fn why(reason: &Reason) -> AnyView {
    view! {
        <div class="why">
            <p>
                <strong class="unknown">
                    {if reason.passes_by_itself() { "Not yet known. " } else { "Unknown. " }}
                </strong>
                {reason.message()}
            </p>
            {remedy(reason)}
        </div>
    }
    .into_any()
}

/// Nothing there, and what would make something appear.
pub fn empty(message: &str) -> AnyView {
    view! { <p class="empty">{message.to_owned()}</p> }.into_any()
}

/// The page while its first answer is on the way, in about its final size.
pub fn loading(what: &'static str) -> AnyView {
    view! {
        <div class="loading" role="status">
            <p class="loading-words">
                "Waiting for the " {what} ". "
                <button type="button" on:click=|_| back()>"Cancel"</button>
            </p>
            <div class="skeleton-block" aria-hidden="true"></div>
        </div>
    }
    .into_any()
}

/// Leaves a page that does not come, for the one before: only a step within pgdeck waits like this.
fn back() {
    #[cfg(feature = "hydrate")]
    if let Ok(history) = window().history() {
        // Without a page before there is none to go to.
        let _ = history.back();
    }
}

/// A server function that did not answer with a value.
pub fn broken(error: &ApiError) -> AnyView {
    #[cfg(feature = "ssr")]
    status(error);
    let next = match error {
        ApiError::SignedOut => view! { <a href="/sign-in" rel="external">"Sign in"</a> }.into_any(),
        ApiError::NotFound => view! { <a href="/">"All servers"</a> }.into_any(),
        _ => ().into_any(),
    };
    view! {
        <section class="broken" role="alert">
            <h1>{title(error)}</h1>
            <p>{error.to_string()}</p>
            {next}
        </section>
    }
    .into_any()
}

fn title(error: &ApiError) -> &'static str {
    match error {
        ApiError::NotFound => "Not found",
        ApiError::SignedOut => "Signed out",
        ApiError::Forbidden { .. } => "Not allowed",
        ApiError::Unreachable => "No answer",
        ApiError::Refused { .. } => "Refused",
        ApiError::Declined { .. } => "Not done",
        ApiError::Internal { .. } => "Internal error",
    }
}

/// A page that shows an error also answers with its status; signed out goes to the sign-in page.
#[cfg(feature = "ssr")]
fn status(error: &ApiError) {
    if *error == ApiError::SignedOut {
        return leptos_axum::redirect("/sign-in");
    }
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(code(error));
    }
}

/// The status of an answer that is this error.
#[cfg(feature = "ssr")]
pub fn code(error: &ApiError) -> http::StatusCode {
    use http::StatusCode;
    match error {
        ApiError::SignedOut => StatusCode::UNAUTHORIZED,
        ApiError::NotFound => StatusCode::NOT_FOUND,
        ApiError::Forbidden { .. } => StatusCode::FORBIDDEN,
        ApiError::Unreachable => StatusCode::BAD_GATEWAY,
        ApiError::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ApiError::Declined { .. } => StatusCode::CONFLICT,
        ApiError::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_says_why_but_not_the_age() {
        let state = Freshness::Stale { age_ms: 9_000, reason: Some(Reason::NotYet) };
        let message = headline(&state, "sessions");
        assert!(message.starts_with("The sessions shown are out of date:"), "{message}");
        assert!(!message.contains('9'));
        assert_eq!(headline(&Freshness::Fresh, "sessions"), "");
    }
}
