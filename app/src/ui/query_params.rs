//! Query parameters of a page, as signals and as links with some of them changed.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::params::ParamsMap;

use crate::links;
use crate::live::range::PARAMS;

/// The query parameters that a page knows.
#[derive(Clone, Copy)]
pub struct QueryParams {
    path: Memo<String>,
    query: Memo<ParamsMap>,
    names: &'static [&'static str],
}

impl QueryParams {
    /// Those of the current page.
    pub fn get(names: &'static [&'static str]) -> Self {
        Self { path: use_location().pathname, query: use_query_map(), names }
    }

    /// The value of one; empty when it is not given.
    pub fn value(self, name: &str) -> String {
        self.query.with(|query| query.get(name)).unwrap_or_default()
    }

    /// The URL with some of them changed, and the same range.
    pub fn to(self, changed: &[(&str, &str)]) -> String {
        // The range is kept by every link.
        let names = self.names.iter().filter(|name| !PARAMS.contains(name));
        let now = PARAMS.iter().chain(names).map(|name| {
            let new = changed.iter().find(|(changed, _)| changed == name);
            (*name, new.map_or_else(|| self.value(name), |(_, new)| (*new).to_owned()))
        });
        let now: Vec<(&str, String)> = now.collect();
        let pairs: Vec<(&str, &str)> =
            now.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.path.get() + &links::query(&pairs)
    }
}
