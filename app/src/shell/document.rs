//! HTML document around every page (Leptos shell): head, scripts with their nonce, and the message
//! shown when WebAssembly has stopped. Server-side only.

use leptos::nonce::use_nonce;
use leptos::prelude::*;

use super::{csp, theme};
use crate::App;

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
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <link rel="stylesheet" href=css/>
                <script nonce=use_nonce()>{EARLY_SUBMIT}</script>
                <script nonce=use_nonce()>{KEEP_FOCUS}</script>
                <HydrationScripts options/>
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
