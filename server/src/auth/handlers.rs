//! The routes: `GET /login?token=…` for the one-time link, `POST /login` for the form, `POST /logout`.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Auth;
use super::sessions;
use super::sessions::{ABSOLUTE_MS, Look};
use crate::http::middleware::authenticate::{cookie_name, session_id};
use crate::http::origins::Origins;
use crate::http::response;
use crate::http::state::AppState;
use crate::rate_limit;

/// What the one-time link carries.
#[derive(Deserialize)]
pub struct LinkQuery {
    token: Option<String>,
}

/// What the form on `/sign-in` sends.
#[derive(Deserialize)]
pub struct SignInForm {
    name: String,
    password: String,
    next: Option<String>,
}

impl Auth {
    /// Who a session id belongs to.
    pub async fn who(&self, id: &str, look: Look) -> Result<Option<model::User>, sqlx::Error> {
        sessions::who(self.pool(), id, look).await
    }

    /// Whether there are users who sign in by name and password.
    pub async fn by_password(&self) -> bool {
        super::users::any(self.pool()).await.unwrap_or(false)
    }

    /// Open sessions: one more for /metrics to tell.
    pub async fn sessions(&self) -> Option<i64> {
        sqlx::query_scalar("select count(*) from sessions").fetch_one(self.pool()).await.ok()
    }
}

/// `GET /login?token=…`: signs in the person at this machine, once. Changes nothing else.
pub async fn by_link(
    State(state): State<AppState>,
    Query(query): Query<LinkQuery>,
    headers: HeaderMap,
) -> Response {
    let link = state.0.auth.0.link.as_ref();
    match (query.token, link) {
        (None, _) => response::see_other("/sign-in"),
        (Some(token), Some(link)) if link.take(&token) => begin(&state, None, "/", &headers).await,
        (Some(_), _) => response::see_other("/sign-in?error=link"),
    }
}

/// `POST /login`: signs in by name and password.
pub async fn by_password(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    let login = &state.0.auth;
    let next = relative(form.next.as_deref());
    let keys = [format!("user {}", form.name), format!("address {}", peer.ip())];
    if form.name.len() > 255 || form.password.len() > 1_024 {
        return again("wrong", next);
    }
    if !login.0.limiter.allows(&keys, Instant::now()) {
        tracing::warn!(address = %peer.ip(), "more than {} sign-in attempts within a minute", rate_limit::TRIES);
        let mut answer = response::plain_error(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many sign-in attempts; wait a minute and try again.",
        );
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return answer;
    }
    match login.password_fits(&form.name, form.password).await {
        Ok(true) => begin(&state, Some(&form.name), next, &headers).await,
        Ok(false) => {
            tracing::warn!(address = %peer.ip(), "a sign-in attempt failed");
            again("wrong", next)
        }
        Err(error) => response::internal_error(&error),
    }
}

/// `POST /logout`: ends the session on the server and takes the cookie back.
pub async fn out(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if let Some(id) = session_id(&headers, &state.0.origins)
        && let Err(error) = sessions::end(state.0.auth.pool(), id).await
    {
        return response::internal_error(&error.into());
    }
    with_cookie(response::see_other("/sign-in"), &cookie(&state.0.origins, "", 0))
}

/// Begins a new session under a new id; the one the browser had before, if any, ends.
async fn begin(state: &AppState, user: Option<&str>, next: &str, headers: &HeaderMap) -> Response {
    let pool = state.0.auth.pool();
    if let Some(old) = session_id(headers, &state.0.origins)
        && let Err(error) = sessions::end(pool, old).await
    {
        return response::internal_error(&error.into());
    }
    match sessions::begin(pool, user).await {
        Ok(id) => with_cookie(
            response::see_other(next),
            &cookie(&state.0.origins, &id, ABSOLUTE_MS / 1_000),
        ),
        Err(error) => response::internal_error(&error),
    }
}

fn again(error: &str, next: &str) -> Response {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("error", error)
        .append_pair("next", next)
        .finish();
    response::see_other(&format!("/sign-in?{query}"))
}

fn with_cookie(response: Response, cookie: &str) -> Response {
    match HeaderValue::from_str(cookie) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], response).into_response(),
        Err(error) => response::internal_error(&error.into()),
    }
}

fn cookie(origins: &Origins, id: &str, max_age_s: i64) -> String {
    let secure = if origins.is_https() { "; Secure" } else { "" };
    let name = cookie_name(origins);
    format!("{name}={id}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}")
}

/// The sentence for the `error` word of `/sign-in`; unknown words say nothing.
pub fn message(error: &str) -> Option<&'static str> {
    match error {
        "wrong" => Some("Wrong name or password."),
        "link" => {
            Some("This link has already been used or has expired; restart pgdeck for a new one.")
        }
        _ => None,
    }
}

/// Where to go after signing in: a path of ours, or the first page.
fn relative(next: Option<&str>) -> &str {
    let is_ours = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains('\\')
            && next.bytes().all(|byte| byte.is_ascii_graphic())
    };
    next.filter(is_ours).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_on_to() {
        assert_eq!(relative(Some("/s/shop/activity?sort=age")), "/s/shop/activity?sort=age");
        for next in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/a\r\nb",
            "/\tx",
            "/ü",
        ] {
            assert_eq!(relative(Some(next)), "/", "{next:?}");
        }
    }

    #[test]
    fn cookies_are_as_strict_as_the_scheme_allows() {
        let local = Origins::new("127.0.0.1:1".parse().unwrap(), None);
        assert_eq!(
            cookie(&local, "x", 9),
            "pgdeck=x; Path=/; Max-Age=9; HttpOnly; SameSite=Strict"
        );
        let https = Origins::new(
            "127.0.0.1:1".parse().unwrap(),
            Some("https://d.example".parse().unwrap()),
        );
        assert!(cookie(&https, "x", 9).starts_with("__Host-pgdeck=x; Path=/;"));
        assert!(cookie(&https, "x", 9).ends_with("; Secure"));
    }
}
