//! The HTML document around every page (leptos's shell): head, scripts with their nonce, and the message
//! for a page whose WebAssembly has stopped. On the server only.

use leptos::prelude::*;

use super::{csp, theme};
use crate::App;

/// The document around every page, with the content security policy on its response.
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
                <HydrationScripts options/>
                <leptos_meta::MetaTags/>
            </head>
            <body>
                <App/>
                // Hidden by itself too: it must not show before the stylesheet has come.
                <p class="stopped" role="alert" hidden>
                    "This page no longer receives updates. "<a href="" rel="external">"Reload it"</a>
                </p>
            </body>
        </html>
    }
}
