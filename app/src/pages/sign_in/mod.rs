//! Sign-in page: a plain form that works without JavaScript.

use crate::routes::access;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use crate::resource::loaded;
use crate::ui::form_token;

/// The data of the sign-in page, provided in the context of each request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInInfo {
    /// Whether users with passwords exist; otherwise only a one-time link signs in.
    pub by_password: bool,
    /// Why the last attempt failed, one sentence.
    pub message: Option<String>,
    /// The token of the form, which belongs to a cookie of this browser.
    pub form_token: String,
}

access! { "/api/sign_in_info" Public }

/// What to show on the sign-in page.
#[server(prefix = "/api", endpoint = "sign_in_info", output = model::wire::Json)]
pub async fn read_sign_in() -> Result<SignInInfo, model::ApiError> {
    Ok(use_context::<SignInInfo>().unwrap_or_default())
}

/// Not listed in the navigation, so without an icon.
pub const ICON: &str = "";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let info = loaded(|| (), |()| read_sign_in());
    let next = use_query_map();
    // Only a local path (open redirect); the server checks again when the form is submitted.
    let next = Memo::new(move |_| {
        next.with(|query| query.get("next"))
            .filter(|next| next.starts_with('/') && !next.starts_with("//") && !next.contains('\\'))
            .unwrap_or_else(|| "/".to_owned())
    });
    view! {
        <section class="sign-in">
            <h1>"pgdeck"</h1>
            <Suspense>
                {move || Suspend::new(async move {
                    let info = info.await.unwrap_or_default();
                    let has_failed = info.message.is_some();
                    let message = info.message.map(|message| view! { <p class="warning" role="alert">{message}</p> });
                    view! {
                        {message}
                        {if info.by_password { form(next, info.form_token).into_any() } else { link_only(has_failed) }}
                    }
                })}
            </Suspense>
        </section>
    }
}

fn form(next: Memo<String>, token: String) -> impl IntoView {
    view! {
        <form method="post" action="/login">
            {form_token::field(token)}
            <input type="hidden" name="next" value=move || next.get()/>
            <label>
                <span>"Name"</span>
                <input type="text" name="name" autocomplete="username" autocapitalize="none" required/>
            </label>
            <label>
                <span>"Password"</span>
                <input type="password" name="password" autocomplete="current-password" required/>
            </label>
            <button type="submit" class="primary">"Sign in"</button>
        </form>
    }
}

/// Where to find a link; the message about a failed one has said it already.
fn link_only(has_failed: bool) -> AnyView {
    let hint = (!has_failed).then(|| {
        view! { <p>"Open the link that pgdeck printed when it started. It works once; " <code>"pgdeck login-link"</code> " prints a new one."</p> }
    });
    view! {
        {hint}
        <p class="muted">"To sign in by name, add a user: " <code>"pgdeck user add NAME --role analyst"</code></p>
    }
    .into_any()
}
