//! The SQL behind each query of the about page, collapsed.

use leptos::prelude::*;
use model::ApiError;

use crate::routes::access;

access! { "/api/statements" Any(See) }

/// The files of SQL that pgdeck reads servers with: (name, statement).
#[server(prefix = "/api", endpoint = "statements", output = model::wire::Json)]
pub async fn read_statements() -> Result<Vec<(String, String)>, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, None)?;
    let files = auth::engine()?.sql_files();
    Ok(files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}

/// Every file with its text.
pub fn statements(files: Vec<(String, String)>) -> AnyView {
    view! {
        <section class="panel" aria-labelledby="statements">
            <h2 id="statements">"Statements"</h2>
            <p class="note">
                "What pgdeck runs on a watched server. The number in a name is the first major version the file is for."
            </p>
            {files.into_iter().map(one).collect_view()}
        </section>
    }
    .into_any()
}

fn one((name, text): (String, String)) -> AnyView {
    let id = name.clone();
    // Without colours: an element for each word of all files was half a megabyte of page.
    view! {
        <details class="fold" id=id>
            <summary><code>{name}</code></summary>
            <pre class="sql" tabindex="0"><code>{text}</code></pre>
        </details>
    }
    .into_any()
}
