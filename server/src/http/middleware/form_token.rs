//! Form token middleware: every POST of a form holds the token of the browser's cookie, and server functions
//! are called as only scripts can. A form that somebody smuggled into one of our pages is same-origin, has
//! the session's cookie and yet does nothing.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::authenticate::{session_id, sign_in_id};
use crate::auth::handlers::back_to_form;
use crate::http::body_limits::{MAX_PLAN_FORM_BYTES, MAX_SIGN_IN_BYTES, TOO_LONG};
use crate::http::state::AppState;
use crate::http::{marks, response};

/// The field of a form.
pub const FIELD: &str = "form_token";
/// Where people sign in: without a session, so the token is of a cookie that the sign-in page sets.
const SIGN_IN: &str = "/login";

/// The token of a session's or sign-in page's cookie. It says nothing of the cookie, which scripts cannot read.
pub fn of(id: &str) -> String {
    hex::encode(Sha256::new().chain_update("form token of ").chain_update(id).finalize())
}

/// The middleware. Deny by default: a new route needs no line here.
pub async fn form_token(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // A mark is set by whoever holds its token; no form of ours sends one.
    if request.method().is_safe() || path == marks::PATH {
        return next.run(request).await;
    }
    if path.starts_with("/api/") {
        return match is_of_script(request.headers()) {
            true => next.run(request).await,
            false => response::plain_error(
                StatusCode::FORBIDDEN,
                "Server functions are called with Accept: application/json, which no form can send.",
            ),
        };
    }
    let signs_in = path == SIGN_IN;
    let id = match signs_in {
        true => sign_in_id(request.headers(), &state.0.origins),
        false => session_id(request.headers(), &state.0.origins),
    };
    let wanted = id.map(of);
    let limit = if signs_in { MAX_SIGN_IN_BYTES } else { MAX_PLAN_FORM_BYTES };
    let (head, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, limit).await else {
        let message = if signs_in { "This is no sign-in form." } else { TOO_LONG };
        return response::plain_error(StatusCode::PAYLOAD_TOO_LARGE, message);
    };
    if !is_field(&bytes, FIELD, wanted.as_deref()) {
        return match signs_in {
            true => back_to_form("form", &next_of(&bytes)),
            false => response::plain_error(
                StatusCode::FORBIDDEN,
                "This form is not of a page that pgdeck made for your session; open the page again and send it from there. Nothing was done.",
            ),
        };
    }
    next.run(Request::from_parts(head, Body::from(bytes))).await
}

/// Whether a request is one that only a script can make: browsers accept HTML for what a form brings.
fn is_of_script(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json")
}

/// Whether the form has this value in that field. Compares hashes, so timing reveals nothing about it.
fn is_field(form: &[u8], name: &str, wanted: Option<&str>) -> bool {
    let sent = url::form_urlencoded::parse(form).find(|(key, _)| key == name);
    match (sent, wanted) {
        (Some((_, sent)), Some(wanted)) => Sha256::digest(&*sent) == Sha256::digest(wanted),
        _ => false,
    }
}

/// Where a sign-in form leads.
fn next_of(form: &[u8]) -> String {
    let next = url::form_urlencoded::parse(form).find(|(key, _)| key == "next");
    next.map(|(_, next)| next.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_cookie_and_not_the_cookie() {
        let token = of("abc");
        assert_eq!(token.len(), 64);
        assert_ne!(token, of("abd"));
        assert_ne!(token, hex::encode(Sha256::digest("abc")), "nor what the database holds");
        let form = format!("plan=x&form_token={token}");
        assert!(is_field(form.as_bytes(), FIELD, Some(&token)));
        assert!(!is_field(form.as_bytes(), FIELD, Some(&of("abd"))));
        assert!(!is_field(form.as_bytes(), FIELD, None));
        assert!(!is_field(b"plan=x&form_token=", FIELD, Some(&token)));
        assert!(!is_field(b"plan=x", FIELD, Some(&token)));
    }

    #[test]
    fn what_a_form_accepts_is_not_of_a_script() {
        let accepts = |value: Option<&str>| {
            let pairs = value.map(|value| (header::ACCEPT, value.parse().unwrap()));
            is_of_script(&pairs.into_iter().collect())
        };
        assert!(accepts(Some("application/json")));
        for value in ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*", ""]
        {
            assert!(!accepts(Some(value)), "{value}");
        }
        assert!(!accepts(None));
    }
}
