//! A list whose filters, order and page stand in its address: what the lists of tables and of indexes have in
//! common.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{ServerId, Unit};

use super::format;
use crate::links;

/// Gives a query parameter by its name; empty where it is not given.
type Parameter<'a> = &'a dyn Fn(&str) -> String;

/// The question in the address.
pub fn asked<Q: PartialEq + Send + Sync + 'static>(read: fn(Parameter<'_>) -> Q) -> Memo<Q> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| read(&|name| query.get(name).unwrap_or_default())))
}

/// The address of a page of a list; the first page, counted from 0, is not named.
pub fn address(server: &ServerId, area: &str, pairs: &[(&str, &str)], page: usize) -> String {
    let page = if page > 0 { page.to_string() } else { String::new() };
    let pairs: Vec<(&str, &str)> = pairs.iter().copied().chain([("page", page.as_str())]).collect();
    links::area(server, area) + &links::query(&pairs)
}

/// Which rows a page of a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// The page, from 0.
    pub page: usize,
    /// Rows of a full page.
    pub page_rows: usize,
    /// Rows of this one.
    pub rows: usize,
    /// Rows of all pages.
    pub matching: usize,
    /// Their bytes.
    pub bytes: f64,
}

impl Shown {
    fn first(self) -> usize {
        self.page * self.page_rows
    }

    fn has_next(self) -> bool {
        self.first() + self.rows < self.matching
    }

    /// `51 to 100 of 240, 3 GiB together`.
    fn in_words(self) -> String {
        format!(
            "{} to {} of {}, {} together",
            format::grouped((self.first() + self.rows.min(1)) as f64),
            format::grouped((self.first() + self.rows) as f64),
            format::grouped(self.matching as f64),
            format::number(self.bytes, Unit::Bytes)
        )
    }
}

/// Which rows these are, their sizes together, and links to the pages beside.
pub fn pages(shown: Shown, to: impl Fn(usize) -> String) -> AnyView {
    let before =
        shown.page.checked_sub(1).map(|page| view! { <a href=to(page) rel="prev">"Previous"</a> });
    let after =
        shown.has_next().then(|| view! { <a href=to(shown.page + 1) rel="next">"Next"</a> });
    view! {
        <nav class="ranges pages" aria-label="Pages of the list">
            {before} <span class="muted">{shown.in_words()}</span> {after}
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_which_rows_it_shows() {
        let first = Shown { page: 0, page_rows: 50, rows: 50, matching: 62, bytes: 8_192.0 };
        assert_eq!(first.in_words(), "1 to 50 of 62, 8\u{a0}KiB together");
        assert!(first.has_next());
        let last = Shown { page: 1, rows: 12, ..first };
        assert_eq!(last.in_words(), "51 to 62 of 62, 8\u{a0}KiB together");
        assert!(!last.has_next());
        assert_eq!(Shown::default().in_words(), "0 to 0 of 0, 0\u{a0}B together");
    }

    #[test]
    fn the_first_page_is_not_named() {
        let to =
            |page| address(&ServerId::new("shop"), "tables", &[("q", "a&b"), ("sort", "")], page);
        assert_eq!(to(0), "/s/shop/tables?q=a%26b");
        assert_eq!(to(2), "/s/shop/tables?q=a%26b&page=2");
    }
}
