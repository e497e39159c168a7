//! The cookies that sign-in sets.

use super::known_browsers::KNOWN_FOR_MS;
use crate::http::middleware::authenticate::{
    browser_cookie_name, cookie_name, sign_in_cookie_name,
};
use crate::http::origins::Origins;

/// The cookie of a session; empty and of age 0 it is removed.
pub fn session_cookie(origins: &Origins, id: &str, max_age_s: i64) -> String {
    let name = cookie_name(origins);
    format!("{name}={id}; Path=/; Max-Age={max_age_s}; {}", cookie_attributes(origins))
}

/// The cookie by which a browser is known that signed in before.
pub fn browser_cookie(origins: &Origins, id: &str) -> String {
    let (name, max_age_s) = (browser_cookie_name(origins), KNOWN_FOR_MS / 1_000);
    format!("{name}={id}; Path=/; Max-Age={max_age_s}; {}", cookie_attributes(origins))
}

/// The cookie that a sign-in form belongs to: for as long as the browser is open.
pub fn sign_in_cookie(origins: &Origins, id: &str) -> String {
    let name = sign_in_cookie_name(origins);
    format!("{name}={id}; Path=/; {}", cookie_attributes(origins))
}

fn cookie_attributes(origins: &Origins) -> &'static str {
    match origins.is_https() {
        true => "HttpOnly; SameSite=Strict; Secure",
        false => "HttpOnly; SameSite=Strict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_as_strict_as_the_scheme_allows() {
        let local = Origins::new("127.0.0.1:1".parse().unwrap(), None);
        assert_eq!(
            session_cookie(&local, "x", 9),
            "pgdeck-1=x; Path=/; Max-Age=9; HttpOnly; SameSite=Strict"
        );
        let https = Origins::new(
            "127.0.0.1:1".parse().unwrap(),
            Some("https://d.example".parse().unwrap()),
        );
        assert!(session_cookie(&https, "x", 9).starts_with("__Host-pgdeck-443=x; Path=/;"));
        assert!(session_cookie(&https, "x", 9).ends_with("; Secure"));
    }
}
