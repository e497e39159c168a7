//! Sign-in and sign-out handlers: `GET /login?token=…` (one-time link), `POST /login` (password form),
//! `POST /logout`. They set and clear the session cookie.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::cookies::{browser_cookie, session_cookie};
use super::sessions::{self, ABSOLUTE_TIMEOUT_MS, IdleTimeout};
use super::{Auth, known_browsers};
use crate::audit::changes::Change;
use crate::http::form_types::{SignInForm, safe_redirect};
use crate::http::middleware::authenticate::{browser_id, session_id};
use crate::http::response;
use crate::http::state::AppState;
use crate::rate_limit::{self, network};

/// Query of the one-time link.
#[derive(Deserialize)]
pub struct LinkQuery {
    token: Option<String>,
}

impl Auth {
    /// The user of a session.
    pub async fn session_user(
        &self,
        id: &str,
        idle_timeout: IdleTimeout,
    ) -> Result<Option<model::User>, sqlx::Error> {
        sessions::user(self.pool(), &self.0.touches, id, idle_timeout).await
    }

    /// Whether there are users, who sign in by name and password.
    pub async fn has_users(&self) -> bool {
        super::users::any(self.pool()).await.unwrap_or(false)
    }

    /// Number of sessions, for `/metrics`.
    pub async fn session_count(&self) -> Option<i64> {
        sqlx::query_scalar("select count(*) from sessions").fetch_one(self.pool()).await.ok()
    }
}

/// `GET /login?token=…`: redeems the one-time link.
pub async fn sign_in_by_link(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    Query(query): Query<LinkQuery>,
    headers: HeaderMap,
) -> Response {
    let Some(token) = query.token else { return response::see_other("/sign-in") };
    // Whoever looks whether a link works must not use it up.
    if method == Method::HEAD {
        return StatusCode::OK.into_response();
    }
    match state.0.auth.links().redeem(&token) {
        Some(user) => {
            let signed_in = SignedIn { user: user.as_deref(), by: "a link", from: peer.ip() };
            start_session(&state, signed_in, "/", &headers).await
        }
        None => {
            let message = "The link was not valid.";
            state.0.actions.audit().record_failed_sign_in(None, peer.ip(), message).await;
            response::see_other("/sign-in?error=link")
        }
    }
}

/// `POST /login`: signs in by name and password, rate-limited per account and address, or for a browser that signed
/// in as this user before.
pub async fn sign_in_by_password(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    let auth = &state.0.auth;
    let next = safe_redirect(form.next.as_deref());
    if form.name.len() > 255 || form.password.len() > 1_024 {
        return back_to_form("wrong", next);
    }
    let browser = known_browser(&state, &headers, &form.name).await;
    let (queue, keys) = match &browser {
        Some(id) => (&auth.0.known, vec![format!("{} at {id}", form.name)]),
        None => {
            let address = format!("address {}", network(peer.ip()));
            (&auth.0.strangers, vec![format!("user {}", form.name), address])
        }
    };
    if !queue.limiter.allows(&keys, Instant::now()) {
        tracing::warn!(address = %peer.ip(), "more than {} sign-in attempts within a minute", rate_limit::MAX_ATTEMPTS);
        let message = "Too many sign-in attempts; wait a minute and try again.";
        failed(&state, &form.name, peer.ip(), "There were too many attempts.").await;
        return later(StatusCode::TOO_MANY_REQUESTS, message, "60");
    }
    match auth.verify_password(queue, &form.name, form.password).await {
        Ok(None) => {
            tracing::warn!(address = %peer.ip(), "too many sign-in attempts at once");
            let message = "Too many people sign in at this moment; try again in a few seconds.";
            later(StatusCode::SERVICE_UNAVAILABLE, message, "5")
        }
        Ok(Some(true)) => {
            let signed_in = SignedIn { user: Some(&form.name), by: "password", from: peer.ip() };
            let response = start_session(&state, signed_in, next, &headers).await;
            remember_browser(&state, response, &headers, &form.name).await
        }
        Ok(Some(false)) => {
            tracing::warn!(address = %peer.ip(), "a sign-in attempt failed");
            failed(&state, &form.name, peer.ip(), "The name or the password was wrong.").await;
            back_to_form("wrong", next)
        }
        Err(error) => response::internal_error(&error),
    }
}

/// The id of a browser that signed in as this user before.
async fn known_browser(state: &AppState, headers: &HeaderMap, name: &str) -> Option<String> {
    let id = browser_id(headers, &state.0.origins)?;
    let known = known_browsers::is_known(state.0.auth.pool(), id, name).await;
    known.unwrap_or(false).then(|| id.to_owned())
}

/// Lets the browser keep its id. Without one it signs in all the same.
async fn remember_browser(
    state: &AppState,
    response: Response,
    headers: &HeaderMap,
    name: &str,
) -> Response {
    let origins = &state.0.origins;
    let id = browser_id(headers, origins);
    match known_browsers::remember(state.0.auth.pool(), id, name).await {
        Ok(id) => with_cookie(response, &browser_cookie(origins, &id)),
        Err(error) => {
            tracing::warn!(error = %format!("{error:#}"), "a browser could not be remembered");
            response
        }
    }
}

/// A refusal that passes: the browser may try again after so many seconds.
fn later(status: StatusCode, message: &str, seconds: &'static str) -> Response {
    let mut response = response::plain_error(status, message);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    response
}

/// `POST /logout`: deletes the session and clears the cookie.
pub async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if let Some(id) = session_id(&headers, &state.0.origins) {
        let auth = &state.0.auth;
        let user = auth.session_user(id, IdleTimeout::Keep).await.unwrap_or_default();
        if let Err(error) = sessions::delete(auth.pool(), id).await {
            return response::internal_error(&error.into());
        }
        if let Some(user) = user {
            let change = Change {
                who: &user.name,
                action: "sign out",
                object: "pgdeck",
                touched: "",
                result: Ok("Signed out."),
            };
            state.0.actions.audit().record_change(&change).await;
        }
    }
    with_cookie(response::see_other("/sign-in"), &session_cookie(&state.0.origins, "", 0))
}

/// Records a failed attempt; a name that is no user's may be a password in the wrong field.
async fn failed(state: &AppState, name: &str, from: IpAddr, why: &str) {
    let is_user = super::users::password_hash(state.0.auth.pool(), name).await;
    let user = is_user.ok().flatten().map(|_| name);
    state.0.actions.audit().record_failed_sign_in(user, from, why).await;
}

/// Who has proved who they are, and how.
struct SignedIn<'a> {
    /// None is the person at this machine.
    user: Option<&'a str>,
    by: &'a str,
    from: IpAddr,
}

/// Creates a session with a new id (against session fixation) and deletes the browser's previous one.
async fn start_session(
    state: &AppState,
    signed_in: SignedIn<'_>,
    next: &str,
    headers: &HeaderMap,
) -> Response {
    let pool = state.0.auth.pool();
    if let Some(old) = session_id(headers, &state.0.origins)
        && let Err(error) = sessions::delete(pool, old).await
    {
        return response::internal_error(&error.into());
    }
    match sessions::create(pool, signed_in.user).await {
        Ok(id) => {
            let change = Change {
                who: signed_in.user.unwrap_or(super::LOCAL),
                action: "sign in",
                object: "pgdeck",
                touched: &format!("from {}", signed_in.from),
                result: Ok(&format!("Signed in by {}.", signed_in.by)),
            };
            state.0.actions.audit().record_change(&change).await;
            with_cookie(
                response::see_other(next),
                &session_cookie(&state.0.origins, &id, ABSOLUTE_TIMEOUT_MS / 1_000),
            )
        }
        Err(error) => response::internal_error(&error),
    }
}

/// The sign-in page again, with what was wrong; `next` is where it leads afterwards.
pub fn back_to_form(error: &str, next: &str) -> Response {
    let query = app::links::query(&[("error", error), ("next", safe_redirect(Some(next)))]);
    response::see_other(&format!("/sign-in{query}"))
}

fn with_cookie(response: Response, cookie: &str) -> Response {
    match HeaderValue::from_str(cookie) {
        Ok(cookie) => {
            let mut response = response;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => response::internal_error(&error.into()),
    }
}

/// The message for the `error` parameter of `/sign-in`; None for unknown values.
pub fn error_message(error: &str) -> Option<&'static str> {
    match error {
        "wrong" => Some("Wrong name or password."),
        "link" => Some(
            "This link has already been used or has expired; pgdeck login-link prints a new one.",
        ),
        "form" => {
            Some("This form was open for too long, or the browser keeps no cookies. Try again.")
        }
        _ => None,
    }
}
