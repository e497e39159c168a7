//! URLs of pages: building and reading their paths and query strings, percent-encoded (RFC 3986).

use model::ServerId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters to percent-encode: all but the unreserved ones of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes `text` as one path segment or query value.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// URL of a server's overview.
pub fn overview(server: &ServerId) -> String {
    format!("/s/{}/", encoded(server.as_str()))
}

/// URL of a server's page: `activity`, `replication`.
pub fn area(server: &ServerId, area: &str) -> String {
    format!("/s/{}/{area}", encoded(server.as_str()))
}

/// The server in a path such as `/s/shop/activity`, decoded.
pub fn server_in(path: &str) -> Option<ServerId> {
    let name = path.strip_prefix("/s/")?.split('/').next()?;
    (!name.is_empty()).then(|| ServerId::new(decoded(name)))
}

/// The area in a path such as `/s/shop/activity`; empty for the overview.
pub fn area_in(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/s/")?;
    Some(rest.split_once('/').map_or("", |(_, area)| area.trim_end_matches('/')))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A query string of the given pairs, leaving out empty values: `?q=a&sort=pid`, or nothing.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let parts: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_survives_the_round_trip() {
        let server = ServerId::new("a/b \"<ü>%2F");
        let path = area(&server, "activity");
        assert!(path.starts_with("/s/a%2Fb%20%22%3C%C3%BC%3E%252F/"), "{path}");
        assert_eq!(server_in(&path), Some(server));
        assert_eq!(area_in(&path), Some("activity"));
    }

    #[test]
    fn paths_without_a_server() {
        assert_eq!(server_in("/rules"), None);
        assert_eq!(server_in("/s/"), None);
        assert_eq!(area_in("/s/x/"), Some(""));
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(query(&[("q", ""), ("sort", "-pid")]), "?sort=-pid");
    }
}
