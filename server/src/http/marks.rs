//! `POST /mark`: sets a mark on the line of events, for whoever holds the configured `mark_token`. A session
//! cookie counts for nothing here, so no page elsewhere can have a browser set one.

use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Instant;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::MarkError;
use model::ServerId;

use super::form_types::Mark;
use super::state::AppState;
use super::{metrics, response};

/// The path.
pub const PATH: &str = "/mark";
/// The largest body, bytes: a title and a name, percent-encoded.
pub const MAX_BYTES: usize = 8 * 1024;
/// Requests a minute from one address.
pub const MOST_A_MINUTE: usize = 30;

/// Sets the mark. Whatever is wrong is one sentence.
pub async fn mark(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Result<Form<Mark>, FormRejection>,
) -> Response {
    let limit = [format!("mark {}", peer.ip())];
    if !state.0.mark_limiter.allows(&limit, Instant::now()) {
        return response::plain_error(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many marks came from this address; try again in a minute.",
        );
    }
    let token = state.0.tokens.read().unwrap_or_else(PoisonError::into_inner).mark.clone();
    let Some(token) = token else {
        return response::plain_error(
            StatusCode::FORBIDDEN,
            "Marks over HTTP are off; set mark_token in the configuration of pgdeck, or use pgdeck mark on its machine.",
        );
    };
    if !metrics::is_token(&headers, Some(&token)) {
        return response::plain_error(
            StatusCode::UNAUTHORIZED,
            "A mark needs the configured mark_token: Authorization: Bearer …",
        );
    }
    let Ok(Form(mark)) = form else {
        return response::plain_error(
            StatusCode::BAD_REQUEST,
            "A mark is sent as a form with the field title and, for one server only, server.",
        );
    };
    match set(&state, &mark.title, &mark.server).await {
        Ok(()) => (StatusCode::CREATED, "marked\n").into_response(),
        Err(error) => {
            let status = match error {
                MarkError::UnknownServer { .. } => StatusCode::NOT_FOUND,
                MarkError::NoHistory | MarkError::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
                MarkError::Recording => StatusCode::CONFLICT,
                MarkError::NoTitle | MarkError::TooLong(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            response::plain_error(status, &error.to_string())
        }
    }
}

/// Sets a mark; an empty `server` is all of them.
pub async fn set(state: &AppState, title: &str, server: &str) -> Result<(), MarkError> {
    let server = Some(server).filter(|name| !name.is_empty()).map(ServerId::new);
    state.0.engine.mark(title, server.as_ref()).await?;
    tracing::info!(?title, "a mark was set");
    Ok(())
}
