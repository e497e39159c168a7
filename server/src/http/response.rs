//! Responses that are not pages: plain-text errors of one sentence, redirects, internal errors.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An error response: one sentence as plain text.
pub fn plain_error(status: StatusCode, message: &str) -> Response {
    (status, format!("{message}\n")).into_response()
}

/// A redirect that the browser follows with GET.
pub fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => plain_error(StatusCode::BAD_REQUEST, "The redirect address is invalid."),
    }
}

/// Status 500: the cause is logged under an incident number, and the response names only that number.
pub fn internal_error(error: &anyhow::Error) -> Response {
    let incident = incident(error);
    plain_error(
        StatusCode::INTERNAL_SERVER_ERROR,
        &format!("Internal error in pgdeck; see incident {incident} in its log."),
    )
}

/// Logs an internal error and returns its incident number.
pub fn incident(error: &anyhow::Error) -> String {
    let incident = crate::auth::sessions::random_id().unwrap_or_default();
    let incident = incident.get(..8).unwrap_or("unnumbered");
    tracing::error!(incident, error = format!("{error:#}"), "a request failed");
    incident.to_owned()
}
