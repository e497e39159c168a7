//! Theme switch: light, dark or automatic. An attribute on `<html>` and a cookie, so that the
//! server renders the next page with it.

use leptos::prelude::*;

use crate::ui::icon::{Icon, icon};

/// The themes in the order of the switch; the first follows the system.
const WORDS: [&str; 3] = ["auto", "light", "dark"];

/// The theme in the request's cookie; None for auto.
#[cfg(feature = "ssr")]
pub fn chosen() -> Option<&'static str> {
    let parts = use_context::<http::request::Parts>()?;
    let cookies = parts.headers.get_all(http::header::COOKIE);
    cookies
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix("theme="))
        .find_map(|word| WORDS.into_iter().skip(1).find(|known| *known == word))
}

/// The theme of the page that is being hydrated.
#[cfg(not(feature = "ssr"))]
fn chosen() -> Option<&'static str> {
    let root = document().document_element()?;
    let word = root.get_attribute("data-theme")?;
    WORDS.into_iter().skip(1).find(|known| *known == word)
}

/// The switch.
#[component]
pub fn Theme() -> impl IntoView {
    let word = RwSignal::new(chosen().unwrap_or("auto"));
    let next = move |_| {
        let at = WORDS.iter().position(|known| *known == word.get_untracked()).unwrap_or(0);
        let to = WORDS.get((at + 1) % WORDS.len()).copied().unwrap_or("auto");
        word.set(to);
        #[cfg(feature = "hydrate")]
        {
            crate::live::event_source::mark_root("data-theme", if to == "auto" { "" } else { to });
            crate::live::event_source::remember("theme", to);
        }
    };
    view! {
        <button type="button" class="js-only" on:click=next>
            {icon(Icon::Theme)}
            <span class="tool-words">{move || format!("Theme: {}", word.get())}</span>
        </button>
    }
}
