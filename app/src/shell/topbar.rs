//! Top bar: server switcher, time range, freshness, pause, palette, theme, sign-out.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::ApiError;
use model::server::ConnectionState;

use super::navigation::Nav;
use super::range::RangeControl;
use super::theme::Theme;
use crate::links;
use crate::live::clock::Clock;
use crate::live::range::carried;
use crate::live::{Live, StreamState};
use crate::ui::form_token::form_token;
use crate::ui::format;
use crate::ui::icon::{Icon, icon};

/// The bar.
#[component]
pub fn TopBar(
    /// Opens the command palette.
    open_palette: Callback<()>,
    /// Opens the list of keys.
    open_keys: Callback<()>,
) -> impl IntoView {
    view! {
        <header class="topbar">
            <a class="brand" href="/">"pgdeck"</a>
            <Switcher/>
            <RangeControl/>
            <Freshness/>
            <div class="topbar-tools">
                <button type="button" class="js-only" on:click=move |_| open_palette.run(())>
                    {icon(Icon::GoTo)}
                    <span class="tool-words">"Go to "</span>
                    <kbd>"Ctrl K"</kbd>
                </button>
                <button type="button" class="js-only keys-button" aria-label="Keys" on:click=move |_| open_keys.run(())>
                    <kbd>"?"</kbd>
                </button>
                <Theme/>
                <SignOut/>
            </div>
        </header>
    }
}

/// The server switcher: links in a `<details>`, which works without JavaScript.
#[component]
fn Switcher() -> impl IntoView {
    let nav = use_context::<Nav>();
    let path = use_location().pathname;
    let chosen = move || {
        nav.and_then(|nav| nav.server.get())
            .map_or_else(|| "All servers".to_owned(), |id| id.to_string())
    };
    let details = NodeRef::<leptos::html::Details>::new();
    let close = move |_| {
        if let Some(details) = details.get_untracked() {
            // In the browser only: closes the list when one of its links is followed.
            let _ = details.remove_attribute("open");
        }
    };
    let range = carried();
    let list = move || {
        let range = range.get();
        let area = path.with(|path| links::area_in(path).unwrap_or_default().to_owned());
        nav.map_or_else(Vec::new, |nav| nav.latest.with(|latest| latest.servers.clone()))
            .into_iter()
            .map(|summary| {
                let to = if area.is_empty() {
                    links::overview(&summary.id)
                } else {
                    links::area(&summary.id, &area)
                };
                view! {
                    <li>
                        <a href=to + &range on:click=close>
                            <span>{summary.id.to_string()}</span>
                            <span class="muted">{state(&summary.link)}</span>
                        </a>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <details class="switcher" node_ref=details>
            <summary><span class="hidden-words">"Server: "</span>{chosen}</summary>
            <ul>
                <li><a href=move || format!("/{}", range.get()) on:click=close>"All servers"</a></li>
                {list}
            </ul>
        </details>
    }
}

/// The connection state in a word.
pub fn state(link: &ConnectionState) -> &'static str {
    match link {
        ConnectionState::Connecting => "connecting",
        ConnectionState::Up => "up",
        ConnectionState::Lost { .. } => "unreachable",
    }
}

/// Freshness: live or paused, with the age of the newest reading; a lost event stream is announced.
#[component]
fn Freshness() -> impl IntoView {
    let (live, clock) = (Live::get(), Clock::get());
    let message = move || {
        if live.paused.get() {
            return format!("Paused at {} {}", clock.time_of_day(live.now_ms.get()), clock.zone());
        }
        match live.newest_ms.get() {
            Some(_) if live.is_recording.get() => "Recording".to_owned(),
            Some(at) => match live.now_ms.get() - at {
                ms if ms < 1_000 => "Live".to_owned(),
                ms => format!("Updated {} ago", format::whole_age(ms, 1_000)),
            },
            None => String::new(),
        }
    };
    let nav = use_context::<Nav>();
    let failed = move || nav.and_then(|nav| nav.failed.get());
    let not_recorded =
        move || nav.and_then(|nav| nav.latest.with(|latest| latest.not_recorded_since_ms));
    let lost = move || match (failed(), live.stream.get()) {
        (Some(ApiError::SignedOut), _) => "You are signed out: sign in again to continue.".into(),
        (_, StreamState::Stopped) => {
            "pgdeck was stopped; this page goes on when it is back.".into()
        }
        (Some(ApiError::Unreachable), _) | (_, StreamState::Lost) => {
            "pgdeck is not responding; retrying.".into()
        }
        _ => not_recorded().map_or_else(String::new, |since_ms| {
            let (since, zone) = (clock.time_of_day(since_ms), clock.zone());
            format!("Nothing is recorded since {since} {zone}; About says why.")
        }),
    };
    view! {
        <div class="freshness" class:paused=move || live.paused.get()>
            <span class="freshness-age num">{message}</span>
            <button
                type="button"
                class="js-only"
                aria-pressed=move || live.paused.get().to_string()
                on:click=move |_| live.paused.update(|paused| *paused = !*paused)
            >
                {move || icon(if live.paused.get() { Icon::Resume } else { Icon::Pause })}
                <span class="tool-words">{move || if live.paused.get() { "Resume" } else { "Pause" }}</span>
            </button>
            <strong class="stream-lost" class:told=move || !lost().is_empty() role="status">{lost}</strong>
        </div>
    }
}

/// A form: signing out changes state, so it must be a POST.
#[component]
fn SignOut() -> impl IntoView {
    let nav = use_context::<Nav>();
    let who =
        move || nav.map_or_else(String::new, |nav| nav.latest.with(|latest| latest.who.clone()));
    view! {
        <form class="sign-out" method="post" action="/logout">
            {form_token()}
            <button type="submit" title=move || format!("Signed in as {}", who())>
                {icon(Icon::SignOut)}
                <span class="tool-words">"Sign out"</span>
            </button>
        </form>
    }
}
