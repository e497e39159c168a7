//! Forms whose fields have a type: sign-in and mark. Pure.

use serde::Deserialize;

/// The form of `/sign-in`; it has a password and is shown nowhere.
#[derive(Deserialize)]
pub struct SignInForm {
    /// The user.
    pub name: String,
    /// Their password.
    pub password: String,
    /// Where to go then.
    pub next: Option<String>,
}

/// The form of a mark.
#[derive(Debug, Deserialize)]
pub struct Mark {
    /// What happened.
    #[serde(default)]
    pub title: String,
    /// Empty for all servers.
    #[serde(default)]
    pub server: String,
}

/// The redirect target after sign-in: a local path, or `/` (prevents open redirects).
pub fn safe_redirect(next: Option<&str>) -> &str {
    let is_local = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains('\\')
            && next.bytes().all(|byte| byte.is_ascii_graphic())
    };
    next.filter(is_local).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_redirected_to() {
        assert_eq!(safe_redirect(Some("/s/shop/activity?sort=age")), "/s/shop/activity?sort=age");
        for next in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/a\r\nb",
            "/\tx",
            "/ü",
        ] {
            assert_eq!(safe_redirect(Some(next)), "/", "{next:?}");
        }
    }
}
