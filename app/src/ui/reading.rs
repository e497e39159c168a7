//! State of a reading as text: loading, fresh, stale, unknown, empty, error. The only place that
//! words it.

use leptos::prelude::*;
use model::reading::Freshness;
use model::{ApiError, Known, Latest, Reason, Unread};

use super::code::CodeBlock;
use super::format;
use crate::live::Live;

/// Renders `children` with the reading, and how fresh it is, or why there is none.
#[component]
pub fn ReadingView<T>(
    /// The latest reading, or the failure.
    latest: RwSignal<Latest<T>>,
    /// The subject of the sentence: `sessions`.
    what: &'static str,
    /// Renders the reading.
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
            {move || detail(&state.get(), live.is_recording.get())}
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

/// One sentence about the state; empty while fresh. Changes only with the state, so that the live
/// region does not announce the age every second.
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

fn detail(state: &Freshness, is_recording: bool) -> Option<AnyView> {
    match state {
        Freshness::Fresh | Freshness::Waiting => None,
        Freshness::Stale { age_ms, reason } => Some(
            view! {
                <p class="show-age">
                    "Last updated " {format::age(*age_ms as f64)}
                    {if is_recording { " before the end of the recording." } else { " ago; pgdeck keeps trying." }}
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
        Some(sql) if reason.remedy_is_sql() => view! { <CodeBlock text=sql/> }.into_any(),
        Some(message) => view! { <p class="show-remedy">{message}</p> }.into_any(),
        None => ().into_any(),
    }
}

/// Renders a value, or the reason why it is unknown with its remedy.
pub fn known<T>(value: &Known<T>, draw: impl FnOnce(&T) -> AnyView) -> AnyView {
    match value {
        Ok(value) => draw(value),
        Err(reason) => why(reason),
    }
}

/// What of a table is not known, each with the reason: the rest of it stands above.
pub fn unread(all: &[Unread]) -> AnyView {
    let one = |unread: &Unread| {
        view! {
            <p class="note">{unread.what.clone()} ":"</p>
            {why(&unread.reason)}
        }
    };
    all.iter().map(one).collect_view().into_any()
}

/// A reason with its remedy.
pub fn why(reason: &Reason) -> AnyView {
    let unknown = (!reason.is_nothing()).then(|| {
        let words = if reason.passes_by_itself() { "Not yet known. " } else { "Unknown. " };
        view! { <strong class="unknown">{words}</strong> }
    });
    view! {
        <div class="why">
            <p>
                {unknown} {format::unbroken(&reason.message())}
            </p>
            {remedy(reason)}
        </div>
    }
    .into_any()
}

/// An empty state, with what would fill it.
pub fn empty(message: &str) -> AnyView {
    view! { <p class="empty">{message.to_owned()}</p> }.into_any()
}

/// Placeholder (skeleton) of a page while it loads, in about its final size.
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

/// Goes back from a page that does not load. Only client-side navigation waits like this.
fn back() {
    #[cfg(feature = "hydrate")]
    if let Ok(history) = window().history() {
        // Without browser history there is nowhere to go back to.
        let _ = history.back();
    }
}

/// The error of a server function.
pub fn api_error(error: &ApiError) -> AnyView {
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
        ApiError::Unreachable => "Unreachable",
        ApiError::Refused { .. } => "Refused",
        ApiError::Declined { .. } => "Not done",
        ApiError::Internal { .. } => "Internal error",
    }
}

/// Sets the response's status during server-side rendering; a signed-out user is redirected to the
/// sign-in page.
#[cfg(feature = "ssr")]
fn status(error: &ApiError) {
    if *error == ApiError::SignedOut {
        return leptos_axum::redirect("/sign-in");
    }
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status_code(error));
    }
}

/// The HTTP status of an error.
#[cfg(feature = "ssr")]
pub fn status_code(error: &ApiError) -> http::StatusCode {
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
