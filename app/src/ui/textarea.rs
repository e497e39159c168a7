//! Escaping of the content of a `textarea` element.

/// Content of a `textarea` element. Leptos does not escape it during server-side rendering, so the server
/// escapes it here and adds the first line break, which HTML drops; the browser sets plain text.
pub fn in_textarea(text: &str) -> String {
    if cfg!(feature = "ssr") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        return format!("\n{escaped}");
    }
    text.to_owned()
}
