//! The range that the charts of a page show: live, a span of the past, or a window. It is the query
//! parameters `range`, or `from` and `to`, so a link shows the same to somebody else, and choosing one works
//! without JavaScript. The top bar shows it, and links between pages keep it.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;
use model::{ServerId, TimeRange};

use crate::links;

/// The query parameters that say the range.
pub const PARAMS: [&str; 3] = ["range", "from", "to"];

/// What the address says, as `TimeRange::read` takes it; empty for live.
pub fn range() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(written))
}

fn written(query: &ParamsMap) -> String {
    let [range, from, to] = PARAMS.map(|name| query.get(name).unwrap_or_default());
    // A window without an end is until now.
    let until_now = to.is_empty() && !from.is_empty();
    let to = if until_now { now_ms().to_string() } else { to };
    TimeRange::text(&range, &from, &to)
}

#[cfg(feature = "ssr")]
fn now_ms() -> i64 {
    engine::now_ms()
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// Neither half of the program.
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
fn now_ms() -> i64 {
    0
}

/// The range of the address; live when it says none.
pub fn chosen() -> Memo<TimeRange> {
    let range = range();
    Memo::new(move |_| range.with(|range| TimeRange::read(range).unwrap_or_default()))
}

/// The source of a page's first render: its server, with the range at that time. Choosing another range
/// loads the charts alone.
pub fn with_range(server: Memo<ServerId>) -> impl Fn() -> (ServerId, String) {
    let range = range();
    move || (server.get(), range.get_untracked())
}

/// The range as a query string for links to other pages: `?range=7d`; empty for live.
pub fn carried() -> Memo<String> {
    let chosen = chosen();
    Memo::new(move |_| suffix(chosen.get()))
}

/// The query string of a range alone.
pub fn suffix(range: TimeRange) -> String {
    let params = range.params();
    let pairs: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    links::query(&pairs)
}

/// The address of the current page, for links with another range and what else its address says.
#[derive(Clone, Copy)]
pub struct Here {
    path: Memo<String>,
    query: Memo<ParamsMap>,
}

impl Here {
    /// That of the current page.
    pub fn get() -> Self {
        Self { path: use_location().pathname, query: use_query_map() }
    }

    /// What the address says besides the range.
    pub fn others(self) -> Vec<(String, String)> {
        let all = self.query.get().into_iter();
        let others = all.filter(|(name, _)| !PARAMS.contains(&name.as_ref()));
        others.map(|(name, value)| (name.into_owned(), value)).collect()
    }

    /// The address with that range.
    pub fn with(self, range: TimeRange) -> String {
        let others = self.others();
        let params = range.params();
        let others = others.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let range = params.iter().map(|(name, value)| (*name, value.as_str()));
        let pairs: Vec<(&str, &str)> = range.chain(others).collect();
        self.path.get() + &links::query(&pairs)
    }
}

/// Goes to the current page with another range.
pub fn choosing() -> impl Fn(TimeRange) + Clone + 'static {
    let (here, navigate) = (Here::get(), use_navigate());
    move |range| {
        let to = untrack(|| here.with(range));
        navigate(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    }
}

/// The range as hidden inputs of a form, which would lose it.
pub fn inputs() -> impl IntoView {
    let chosen = chosen();
    move || {
        let params = chosen.get().params().into_iter().filter(|(_, value)| !value.is_empty());
        let input = |(name, value)| view! { <input type="hidden" name=name value=value/> };
        params.map(input).collect_view()
    }
}
