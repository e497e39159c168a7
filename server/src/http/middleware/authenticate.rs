//! Authentication middleware: finds the user of the session cookie. Without one only the public paths of
//! the route table are served, so a new route requires sign-in by default.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::{ApiError, Permission, ServerId, User};

use crate::auth::sessions::IdleTimeout;
use crate::http::origins::Origins;
use crate::http::response;
use crate::http::state::AppState;

/// Extractor: the signed-in user of a request; None on public paths.
#[derive(Clone, Debug)]
pub struct CurrentUser(pub Option<User>);

impl CurrentUser {
    /// The user, when they hold the permission (on `server`, where one is named).
    pub fn require(
        &self,
        permission: Permission,
        server: Option<&ServerId>,
    ) -> Result<&User, ApiError> {
        let user = self.0.as_ref().ok_or(ApiError::SignedOut)?;
        user.require(permission, server)?;
        Ok(user)
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or(Self(None)))
    }
}

/// The middleware; handlers read the user with the extractor [`CurrentUser`].
pub async fn authenticate(
    State((state, public)): State<(AppState, PublicPaths)>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = session_id(request.headers(), &state.0.origins);
    let user = match id {
        Some(id) => state.0.auth.session_user(id, IdleTimeout::Extend).await,
        None => Ok(None),
    };
    let user = match user {
        Ok(user) => user,
        Err(error) => return response::internal_error(&error.into()),
    };
    if user.is_none() && !public.contains(request.uri().path()) {
        return sign_in_required(request.uri());
    }
    request.extensions_mut().insert(CurrentUser(user));
    next.run(request).await
}

/// The paths that need no session.
#[derive(Clone, Debug)]
pub struct PublicPaths(Arc<[String]>);

impl PublicPaths {
    /// Those of the route table; `/pkg/{*path}` stands for all below `/pkg/`.
    pub fn new(paths: impl Iterator<Item = String>) -> Self {
        Self(paths.collect())
    }

    fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|public| match public.split_once("{*") {
            Some((folder, _)) => path.starts_with(folder),
            None => path == public,
        })
    }
}

/// Status 401 for the API and the event stream, a redirect to the sign-in page otherwise.
fn sign_in_required(uri: &Uri) -> Response {
    let path = uri.path();
    if path.starts_with("/api/") {
        let body = serde_json::to_string(&ApiError::SignedOut).unwrap_or_default();
        return (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/json")], body)
            .into_response();
    }
    if path == "/live" {
        return response::plain_error(
            StatusCode::UNAUTHORIZED,
            "You are signed out. Sign in again to continue.",
        );
    }
    let next = uri.path_and_query().map_or("/", |path| path.as_str());
    response::see_other(&format!("/sign-in{}", app::links::query(&[("next", next)])))
}

/// The name of the session cookie: with the port, because cookies are shared by all ports of a host and
/// two pgdecks must not sign each other's people out. With https the prefix `__Host-` ties it to the host.
pub fn cookie_name(origins: &Origins) -> String {
    let prefix = if origins.is_https() { "__Host-" } else { "" };
    format!("{prefix}pgdeck-{}", origins.port())
}

/// The name of the cookie that a sign-in form belongs to.
pub fn sign_in_cookie_name(origins: &Origins) -> String {
    format!("{}-sign-in", cookie_name(origins))
}

/// The name of the cookie by which a browser is known that signed in before.
pub fn browser_cookie_name(origins: &Origins) -> String {
    format!("{}-browser", cookie_name(origins))
}

/// The session id of a request's cookie; None when there is none, or several.
pub fn session_id<'a>(headers: &'a HeaderMap, origins: &Origins) -> Option<&'a str> {
    only_cookie(headers, &cookie_name(origins))
}

/// The same of the cookie that a sign-in form belongs to.
pub fn sign_in_id<'a>(headers: &'a HeaderMap, origins: &Origins) -> Option<&'a str> {
    only_cookie(headers, &sign_in_cookie_name(origins))
}

/// The same of the cookie by which a browser is known.
pub fn browser_id<'a>(headers: &'a HeaderMap, origins: &Origins) -> Option<&'a str> {
    only_cookie(headers, &browser_cookie_name(origins))
}

/// The value of the only cookie of that name.
fn only_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let id = found.next()?;
    found.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes;

    #[test]
    fn only_the_public_paths_of_the_route_table_need_no_session() {
        let public = routes::public_paths(routes::table().into_entries());
        for path in ["/sign-in", "/login", "/pkg/pgdeck.js", "/fonts/a.woff2", "/healthz"] {
            assert!(public.contains(path), "{path}");
        }
        for path in
            ["/readyz", "/metrics", "/favicon.svg", "/favicon.ico", "/api/sign_in_info", "/mark"]
        {
            assert!(public.contains(path), "{path}");
        }
        assert_eq!(public.0.len(), 11, "{public:?}: a new public path is a decision");
        for path in [
            "/",
            "/live",
            "/api/navigation",
            "/s/a/",
            "/about",
            "/rules",
            "/logout",
            "/sign-in/",
            "/pkg",
            "/new",
        ] {
            assert!(!public.contains(path), "{path}");
        }
    }

    #[test]
    fn one_cookie_of_our_name_is_a_session_id() {
        let local = Origins::new("127.0.0.1:1".parse().unwrap(), None);
        let id = |value: &str| {
            let headers: HeaderMap =
                [(header::COOKIE, value.parse().unwrap())].into_iter().collect();
            session_id(&headers, &local).map(str::to_owned)
        };
        assert_eq!(id("theme=dark; pgdeck-1=abc").as_deref(), Some("abc"));
        assert_eq!(id("xpgdeck-1=abc; pgdeck=abc; pgdeck-2=abc"), None);
        assert_eq!(id("pgdeck-1=a; pgdeck-1=b"), None, "a sibling domain cannot add a second one");
    }
}
