//! What of the locks is looked at: it stands in the address, so that a link shows the same again and
//! everything works without JavaScript.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::ServerId;
use serde::{Deserialize, Serialize};

use crate::links;

/// The parts of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// `tree`, `table`, or empty for the drawing.
    pub view: String,
    /// The filter.
    pub q: String,
    /// The chosen node: a pid, or `x` and the id of a prepared transaction.
    pub pid: String,
    /// Nodes whose waiters are all shown, and `roots`, with commas between.
    pub open: String,
    /// A recorded second, ms since the epoch; None is now.
    pub at: Option<i64>,
    /// The column that orders the table, with `-` in front for descending; empty: the longest wait first.
    pub sort: String,
    /// The page of the table, from 0.
    pub page: usize,
}

impl Ask {
    /// What the present address asks for.
    pub fn in_address() -> Memo<Self> {
        let query = use_query_map();
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
                }
            })
        })
    }

    /// The address of this on a server's page.
    pub fn to(&self, server: &ServerId) -> String {
        let at = self.at.map(|at| at.to_string()).unwrap_or_default();
        let page = if self.page > 0 { self.page.to_string() } else { String::new() };
        let pairs = [
            ("view", self.view.as_str()),
            ("q", &self.q),
            ("open", &self.open),
            ("sort", &self.sort),
            ("at", &at),
            ("page", &page),
            ("pid", &self.pid),
        ];
        links::area(server, "locks") + &links::query(&pairs)
    }

    /// The same with another node chosen.
    pub fn choosing(&self, key: &str) -> Self {
        Self { pid: key.to_owned(), ..self.clone() }
    }

    /// The same at another moment.
    pub fn at(&self, at: Option<i64>) -> Self {
        Self { at, page: 0, ..self.clone() }
    }
}

#[cfg(feature = "ssr")]
impl Ask {
    /// The same with one more node opened.
    pub fn opening(&self, key: &str) -> Self {
        let open = if self.open.is_empty() { key.into() } else { format!("{},{key}", self.open) };
        Self { open, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked() {
        let ask = Ask { q: "object:a b".into(), at: Some(7), ..Ask::default() };
        let server = ServerId::new("shop");
        assert_eq!(ask.to(&server), "/s/shop/locks?q=object%3Aa%20b&at=7");
        assert_eq!(
            ask.choosing("12").at(None).to(&server),
            "/s/shop/locks?q=object%3Aa%20b&pid=12"
        );
    }
}
