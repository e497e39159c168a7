//! A button that copies a text. Absent to the eye without JavaScript, which it needs.

use leptos::prelude::*;

/// Copies what `text` gives at the moment of the click.
#[component]
pub fn Copy(
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// What the button says.
    #[prop(default = "Copy")]
    message: &'static str,
) -> impl IntoView {
    let done = RwSignal::new(false);
    let click = move |_| {
        #[cfg(feature = "hydrate")]
        {
            crate::live::event_source::copy(&text.get_untracked());
            set_timeout(move || done.set(false), std::time::Duration::from_secs(2));
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = text;
        done.set(true);
    };
    view! {
        <button type="button" class="copy js-only" on:click=click>
            {move || if done.get() { "Copied" } else { message }}
        </button>
    }
}

/// A statement to copy.
#[component]
pub fn Code(
    /// The statement.
    text: String,
) -> impl IntoView {
    let copied = text.clone();
    view! {
        <div class="code">
            <pre tabindex="0"><code>{super::sql::highlighted(&text)}</code></pre>
            <Copy text=Signal::stored(copied)/>
        </div>
    }
}
