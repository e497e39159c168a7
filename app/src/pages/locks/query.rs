//! Query parameters of the locks page: view, filter, selected node, moment, sort. In the URL, so
//! that links reproduce the page and it works without JavaScript.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{ServerId, TimeRange};
use serde::{Deserialize, Serialize};

use crate::links;
use crate::live::range::range;

/// The query parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocksQuery {
    /// `tree`, `table`, or empty for the graph.
    pub view: String,
    /// The filter.
    pub q: String,
    /// The selected node: a pid, or `x` and the id of a prepared transaction.
    pub pid: String,
    /// Expanded nodes, and `roots`, comma-separated.
    pub open: String,
    /// A recorded second, ms since the epoch; None is now.
    pub at: Option<i64>,
    /// The sort column of the table, with `-` in front for descending; empty: the longest wait
    /// first.
    pub sort: String,
    /// The page of the table, from 0.
    pub page: usize,
    /// The range of the chart, as `TimeRange::read` takes it.
    #[serde(default)]
    pub range: String,
}

impl LocksQuery {
    /// The query parameters of the current URL, as a memo.
    pub fn from_url() -> Memo<Self> {
        let (query, range) = (use_query_map(), range());
        Memo::new(move |_| {
            query.with(|query| {
                let part = |name: &str| query.get(name).unwrap_or_default();
                Self {
                    view: part("view"),
                    q: part("q"),
                    pid: part("pid"),
                    open: part("open"),
                    sort: part("sort"),
                    at: part("at").parse().ok(),
                    page: part("page").parse().unwrap_or_default(),
                    range: range.get(),
                }
            })
        })
    }

    /// The URL on a server's locks page.
    pub fn to(&self, server: &ServerId) -> String {
        let at = self.at.map(|at| at.to_string()).unwrap_or_default();
        let page = if self.page > 0 { self.page.to_string() } else { String::new() };
        let range = TimeRange::read(&self.range).unwrap_or_default().params();
        let mut pairs = vec![
            ("view", self.view.as_str()),
            ("q", &self.q),
            ("open", &self.open),
            ("sort", &self.sort),
            ("at", &at),
            ("page", &page),
            ("pid", &self.pid),
        ];
        pairs.extend(range.iter().map(|(name, value)| (*name, value.as_str())));
        links::area(server, "locks") + &links::query(&pairs)
    }

    /// With another node selected.
    pub fn with_node(&self, key: &str) -> Self {
        Self { pid: key.to_owned(), ..self.clone() }
    }

    /// At another moment.
    pub fn at(&self, at: Option<i64>) -> Self {
        Self { at, page: 0, ..self.clone() }
    }
}

#[cfg(feature = "ssr")]
impl LocksQuery {
    /// With one more node expanded.
    pub fn with_open(&self, key: &str) -> Self {
        let open = if self.open.is_empty() { key.into() } else { format!("{},{key}", self.open) };
        Self { open, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked() {
        let query = LocksQuery { q: "object:a b".into(), at: Some(7), ..LocksQuery::default() };
        let server = ServerId::new("shop");
        assert_eq!(query.to(&server), "/s/shop/locks?q=object%3Aa%20b&at=7");
        assert_eq!(
            query.with_node("12").at(None).to(&server),
            "/s/shop/locks?q=object%3Aa%20b&pid=12"
        );
    }
}
