//! The hidden field by which the server knows that a form is of a page it made for this browser: markup that
//! found its way into a page has no such field, so its forms do nothing.

use leptos::prelude::*;

/// The token of the request's session, provided in the context of each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormToken(pub String);

/// The field with the token of the session: in every form that is sent by POST.
pub fn form_token() -> AnyView {
    field(of_session().unwrap_or_default())
}

/// The field with this token. Browsers that restore a page's fields must not restore an old one.
pub fn field(token: String) -> AnyView {
    view! { <input type="hidden" name="form_token" value=token autocomplete="off"/> }.into_any()
}

/// The token in the request's context.
#[cfg(feature = "ssr")]
pub fn of_session() -> Option<String> {
    use_context::<FormToken>().map(|token| token.0).filter(|token| !token.is_empty())
}

/// The token of the page that is being hydrated.
#[cfg(not(feature = "ssr"))]
fn of_session() -> Option<String> {
    document().query_selector("meta[name=form-token]").ok()??.get_attribute("content")
}
