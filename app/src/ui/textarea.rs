//! Text as the content of a `textarea`.

/// A statement as the content of a `textarea`. Leptos writes that without escaping it, so the server
/// escapes it here, and adds the first line break, which HTML drops; the browser sets text as it is.
pub fn in_textarea(text: &str) -> String {
    if cfg!(feature = "ssr") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        return format!("\n{escaped}");
    }
    text.to_owned()
}
