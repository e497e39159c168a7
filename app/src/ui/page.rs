//! Frame of a page that loads data: loading state, error, content.

use leptos::prelude::*;
use model::{ApiError, Latest};

use super::findings::Findings;
use super::reading::{api_error, loading};
use crate::live::findings::of_reading;
use crate::resource::Loaded;

/// The content of `<title>`. leptos_meta writes it into the page as it is, so on the server it is
/// escaped here; in the browser it becomes the text of `document.title`.
pub fn document_title(title: String) -> String {
    let text = if title.is_empty() { "pgdeck".to_owned() } else { format!("{title} · pgdeck") };
    if cfg!(feature = "ssr") { escaped(&text) } else { text }
}

/// `text` as the content of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text of a document title that follows `signal`. Leptos reads it after rendering, when on the
/// server the signal may be disposed: the first text is kept.
pub fn title_of<T>(signal: Memo<T>, text: impl Fn(&T) -> String) -> impl Fn() -> String
where
    T: Clone + Send + Sync + 'static,
{
    let first = signal.with_untracked(&text);
    move || signal.try_get().map_or_else(|| first.clone(), |value| text(&value))
}

/// Wraps a page's resource in `Transition` and `Suspend`, and renders its error; `body` renders the
/// value.
pub fn page<T>(
    what: &'static str,
    loaded: Loaded<Result<T, ApiError>>,
    body: impl Fn(T) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <Transition fallback=move || loading(what)>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(value) => body(value),
                    Err(ApiError::NotFound) => not_found(),
                    Err(error) => api_error(&error),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// What an address that leads nowhere shows (status 404). Its title repeats nothing of the address.
pub fn not_found() -> AnyView {
    view! {
        <leptos_meta::Title text="Not found"/>
        {api_error(&ApiError::NotFound)}
    }
    .into_any()
}

/// The findings of one area, ranked, and its rules that could not be checked.
pub fn area_findings<T: Send + Sync + 'static>(latest: RwSignal<Latest<T>>) -> AnyView {
    view! { <Findings judged=of_reading(latest)/> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_text_in_the_page_of_the_server() {
        assert_eq!(escaped("</title>&amp;<x>"), "&lt;/title&gt;&amp;amp;&lt;x&gt;");
        assert_eq!(document_title(String::new()), "pgdeck");
    }
}
