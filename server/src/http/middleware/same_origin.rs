//! CSRF and DNS rebinding middleware: refuses requests to foreign host names, and cross-origin requests
//! with unsafe methods. Leptos server functions have no CSRF check of their own.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::origins::host;
use crate::http::state::AppState;
use crate::http::{marks, metrics, response};

/// The middleware.
pub async fn same_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let origins = &state.0.origins;
    let path = request.uri().path();
    // Health probes and scrapers use any host name; a scraper holds the bearer token. Any other header
    // would do for a page elsewhere that has rebound its name to this machine.
    let scrapes = path == "/metrics" && metrics::has_token(&state, request.headers());
    // A mark is set by whoever holds its token, never by a session.
    if matches!(path, "/healthz" | "/readyz" | marks::PATH) || scrapes {
        return next.run(request).await;
    }
    let host = host(request.headers(), request.uri());
    let Some(host) = host.filter(|host| origins.is_allowed_host(host)) else {
        return response::plain_error(
            StatusCode::MISDIRECTED_REQUEST,
            "pgdeck does not answer to this host name; open it by its address, or set public_url to this name in its configuration.",
        );
    };
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_safe && !origins.is_same_origin(request.headers(), host) {
        return response::plain_error(
            StatusCode::FORBIDDEN,
            "This request does not come from one of pgdeck's own pages; open the page in pgdeck and try again there.",
        );
    }
    next.run(request).await
}
