//! Answers that are no pages: one sentence in plain text.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A refusal or failure, told in one sentence.
pub fn refusal(status: StatusCode, says: &str) -> Response {
    (status, format!("{says}\n")).into_response()
}

/// A redirect that the browser follows with GET.
pub fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => refusal(StatusCode::BAD_REQUEST, "The address to go on to is not usable."),
    }
}

/// Our own fault: logged under a number, and only the number told.
pub fn broken(error: &anyhow::Error) -> Response {
    let incident = incident(error);
    refusal(
        StatusCode::INTERNAL_SERVER_ERROR,
        &format!("Something went wrong inside pgdeck; its log has it as {incident}."),
    )
}

/// Logs our own fault; the number it has there.
pub fn incident(error: &anyhow::Error) -> String {
    let incident = crate::login::sessions::random_id().unwrap_or_default();
    let incident = incident.get(..8).unwrap_or("unnumbered");
    tracing::error!(incident, error = format!("{error:#}"), "a request failed");
    incident.to_owned()
}
