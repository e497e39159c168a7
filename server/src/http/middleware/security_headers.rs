//! Middleware that sets the security headers of every response. A page brings its own content security policy with its nonce; all
//! other answers run nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::origins::Origins;
use crate::http::state::AppState;

/// The policy of answers that are no pages.
const POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Those that never differ.
const ALWAYS: [(&str, &str); 5] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("x-content-type-options", "nosniff"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// The middleware: sets what the answer has not set itself.
pub async fn security_headers(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    complete(response.headers_mut(), &state.0.origins);
    response
}

fn complete(headers: &mut HeaderMap, origins: &Origins) {
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer_policy(origins)));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if origins.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}

/// Under `no-referrer` a form is sent with `Origin: null`. Browsers then still say where it came from
/// in `Sec-Fetch-Site`, but only over https and on this machine; elsewhere we need the origin.
fn referrer_policy(origins: &Origins) -> &'static str {
    if origins.is_https() || origins.is_loopback() { "no-referrer" } else { "same-origin" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_its_own_policy_and_gets_all_others() {
        let local = Origins::new("127.0.0.1:1".parse().unwrap(), None);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("of the page"));
        complete(&mut headers, &local);
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "of the page");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(headers.get(header::STRICT_TRANSPORT_SECURITY), None);
    }

    #[test]
    fn https_is_remembered_and_plain_http_keeps_the_origin() {
        let https =
            Origins::new("0.0.0.0:1".parse().unwrap(), Some("https://d.example".parse().unwrap()));
        let mut headers = HeaderMap::new();
        complete(&mut headers, &https);
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        let plain = Origins::new("0.0.0.0:1".parse().unwrap(), None);
        complete(&mut headers, &plain);
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
    }
}
