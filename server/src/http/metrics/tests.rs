//! Authorisation of scrapers: loopback requests, and the configured bearer token.

use super::*;

#[test]
fn only_requests_of_this_machine_itself_are_local() {
    let local: SocketAddr = "127.0.0.1:5".parse().unwrap();
    let plain = HeaderMap::new();
    assert!(is_local(local, &plain) && !is_local("10.0.0.1:5".parse().unwrap(), &plain));
    let forwarded: HeaderMap =
        [(header::HeaderName::from_static("x-forwarded-for"), "1.2.3.4".parse().unwrap())]
            .into_iter()
            .collect();
    assert!(!is_local(local, &forwarded));
}

#[test]
fn a_token_has_to_be_configured_and_right() {
    let headers: HeaderMap =
        [(header::AUTHORIZATION, "Bearer abc".parse().unwrap())].into_iter().collect();
    assert!(has_token(&headers, Some("abc")));
    assert!(!has_token(&headers, Some("abd")) && !has_token(&headers, None));
    assert!(!has_token(&HeaderMap::new(), Some("abc")));
}
