//! Copy button and code block. The button needs JavaScript and is hidden without.

use leptos::prelude::*;

/// Copies the current value of `text` to the clipboard.
#[component]
pub fn CopyButton(
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// The label.
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

/// A code block with a copy button.
#[component]
pub fn CodeBlock(
    /// The statement.
    text: String,
) -> impl IntoView {
    let copied = text.clone();
    view! {
        <div class="code">
            <pre tabindex="0"><code>{super::sql::highlighted(&text)}</code></pre>
            <CopyButton text=Signal::stored(copied)/>
        </div>
    }
}
