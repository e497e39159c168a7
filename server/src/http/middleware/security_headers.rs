//! Security headers middleware: CSP, HSTS, COOP, CORP, Referrer-Policy and others on every response.
//! A page sets its own content security policy with a nonce; all other responses may run nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::origins::Origins;
use crate::http::state::AppState;

/// The content security policy of responses that are not pages.
const DEFAULT_CSP: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Headers with a fixed value.
const FIXED: [(&str, &str); 5] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("x-content-type-options", "nosniff"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// The middleware; a policy or cache control that the handler has set stays.
pub async fn security_headers(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    add_headers(response.headers_mut(), &state.0.origins);
    response
}

fn add_headers(headers: &mut HeaderMap, origins: &Origins) {
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer_policy(origins)));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DEFAULT_CSP));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if origins.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}

/// Under `no-referrer` browsers post forms with `Origin: null`. `Sec-Fetch-Site` replaces it for the CSRF
/// check, but browsers send that only over https and to loopback; elsewhere the origin is needed.
fn referrer_policy(origins: &Origins) -> &'static str {
    if origins.is_https() || origins.is_loopback() { "no-referrer" } else { "same-origin" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_keeps_its_own_policy_and_gets_all_other_headers() {
        let local = Origins::new("127.0.0.1:1".parse().unwrap(), None);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("of the page"));
        add_headers(&mut headers, &local);
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "of the page");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(headers.get(header::STRICT_TRANSPORT_SECURITY), None);
    }

    #[test]
    fn https_gets_hsts_and_plain_http_keeps_the_origin() {
        let https =
            Origins::new("0.0.0.0:1".parse().unwrap(), Some("https://d.example".parse().unwrap()));
        let mut headers = HeaderMap::new();
        add_headers(&mut headers, &https);
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        let plain = Origins::new("0.0.0.0:1".parse().unwrap(), None);
        add_headers(&mut headers, &plain);
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
    }
}
