//! What the sign-in page is rendered with, and the cookie that its form belongs to.

use app::SignInInfo;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;

use super::middleware::authenticate::sign_in_id;
use super::middleware::form_token;
use super::state::AppState;
use crate::auth::cookies::sign_in_cookie;
use crate::auth::handlers::error_message;
use crate::auth::sessions::random_id;

/// What the sign-in page shows, and the cookie that its form belongs to, where the browser has none yet.
pub async fn sign_in(
    state: &AppState,
    (uri, headers): (&Uri, &HeaderMap),
) -> anyhow::Result<(SignInInfo, Option<HeaderValue>)> {
    if !matches!(uri.path(), "/sign-in" | "/api/sign_in_info") {
        return Ok(Default::default());
    }
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let error =
        query.into_iter().find(|(key, _)| key == "error").map(|(_, error)| error.into_owned());
    let origins = &state.0.origins;
    let (id, cookie) = match sign_in_id(headers, origins) {
        Some(id) => (id.to_owned(), None),
        None => {
            let id = random_id()?;
            let cookie = HeaderValue::from_str(&sign_in_cookie(origins, &id))?;
            (id, Some(cookie))
        }
    };
    let info = SignInInfo {
        by_password: state.0.auth.has_users().await,
        message: error.and_then(|error| error_message(&error)).map(str::to_owned),
        form_token: form_token::of(&id),
    };
    Ok((info, cookie))
}

/// The answer with a cookie, where there is one to set.
pub fn with_cookie(mut answer: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}
