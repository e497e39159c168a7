//! Middleware against DNS rebinding and CSRF: refuses requests to foreign host names, and unsafe
//! methods from pages that are not ours. Leptos server functions have no CSRF check of their own.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::origins::host;
use crate::http::response;
use crate::http::state::AppState;

/// The middleware.
pub async fn same_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let origins = &state.0.origins;
    let path = request.uri().path();
    // Probes and scrapers come under any name; the latter prove themselves by their token.
    let scrapes = path == "/metrics" && request.headers().contains_key(header::AUTHORIZATION);
    if matches!(path, "/healthz" | "/readyz") || scrapes {
        return next.run(request).await;
    }
    let named = host(request.headers(), request.uri());
    let Some(named) = named.filter(|host| origins.answers_to(host)) else {
        return response::plain_error(
            StatusCode::MISDIRECTED_REQUEST,
            "pgdeck does not answer to this host name; open it by its address, or set public_url to this name in its configuration.",
        );
    };
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && !origins.is_ours(request.headers(), named) {
        return response::plain_error(
            StatusCode::FORBIDDEN,
            "This request does not come from one of pgdeck's own pages; open the page in pgdeck and try again there.",
        );
    }
    next.run(request).await
}
