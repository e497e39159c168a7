//! HTML document around every page (Leptos shell): head, scripts with their nonce, and the message
//! shown when WebAssembly has stopped. Server-side only.

use leptos::nonce::use_nonce;
use leptos::prelude::*;

use super::{csp, theme};
use crate::App;
use crate::ui::form_token::of_session;

/// Keeps what is pressed too early in forms that must not be sent.
const EARLY_SUBMIT: &str = include_str!("early_submit.js");

/// Gives the focus back to what an update has moved.
const KEEP_FOCUS: &str = include_str!("keep_focus.js");

/// The HTML document; also sets the Content-Security-Policy header.
pub fn document(options: LeptosOptions) -> impl IntoView {
    csp::send();
    let css = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme::chosen()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                {of_session().map(|token| view! { <meta name="form-token" content=token/> })}
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <link rel="stylesheet" href=css/>
                <script nonce=use_nonce()>{EARLY_SUBMIT}</script>
                <script nonce=use_nonce()>{KEEP_FOCUS}</script>
                {hydration(&options)}
                <leptos_meta::MetaTags/>
            </head>
            <body>
                <App/>
                {crate::ui::term::explanations()}
                // `hidden` as well: it must not show before the stylesheet has loaded.
                <p class="stopped" role="alert" hidden>
                    "This page no longer receives updates. "<a href="" rel="external">"Reload it"</a>
                </p>
            </body>
        </html>
    }
}

/// What loads the WebAssembly. Leptos' own component writes the nonce also into `crossorigin` of its links,
/// where selectors of a style sheet can read it.
fn hydration(options: &LeptosOptions) -> impl IntoView + use<> {
    let (folder, name) = (&options.site_pkg_dir, &options.output_name);
    let (js, wasm) = (format!("/{folder}/{name}.js"), format!("/{folder}/{name}_bg.wasm"));
    let script = format!(
        "import({js:?}).then((module) => module.default({{ module_or_path: {wasm:?} }}).then(() => module.hydrate()));"
    );
    view! {
        <link rel="modulepreload" href=js crossorigin="anonymous"/>
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script type="module" nonce=use_nonce()>{script}</script>
    }
}
