//! The pages as routes whose code the browser fetches when they are first opened: what a visitor waits
//! for is the part that all pages share and one page. `cargo xtask build` cuts the browser part at these points
//! (leptos's book, "Lazy loading"); on the server they are plain functions.

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

use super::{
    about, act, activity, audit, fleet, locks, overview, plan, replication, rules, sign_in, words,
};

/// `name` is the route, `page` the component it shows.
macro_rules! page {
    ($name:ident, $page:path) => {
        #[doc = concat!("The route of `", stringify!($page), "`.")]
        #[derive(Debug)]
        pub struct $name;

        #[lazy_route]
        impl LazyRoute for $name {
            fn data() -> Self {
                Self
            }

            fn view(_route: Self) -> AnyView {
                $page().into_any()
            }
        }
    };
}

page!(Fleet, fleet::Fleet);
page!(Overview, overview::OverviewPage);
page!(Activity, activity::ActivityPage);
page!(Locks, locks::LocksPage);
page!(Replication, replication::ReplicationPage);
page!(Act, act::ActPage);
page!(Audit, audit::AuditPage);
page!(Plan, plan::PlanPage);
page!(Rules, rules::Rules);
page!(About, about::About);
page!(Words, words::Words);
page!(SignIn, sign_in::SignIn);

/// Fetches the code of the page at `path` ahead of drawing it: while the router waits for a page's code,
/// it does not follow links.
#[cfg(feature = "hydrate")]
pub async fn fetch(path: &str) {
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    match steps.as_slice() {
        [] => Fleet::preload().await,
        ["s", _] => Overview::preload().await,
        ["s", _, "activity"] => Activity::preload().await,
        ["s", _, "locks"] => Locks::preload().await,
        ["s", _, "replication"] => Replication::preload().await,
        ["s", _, "act"] => Act::preload().await,
        ["audit"] => Audit::preload().await,
        ["plan"] => Plan::preload().await,
        ["rules"] => Rules::preload().await,
        ["about"] => About::preload().await,
        ["words"] => Words::preload().await,
        ["sign-in"] => SignIn::preload().await,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    /// The names between `before` and `after`, sorted.
    fn names<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
        let mut names: Vec<_> =
            text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_route_is_fetched_ahead() {
        let routes = names(include_str!("../lib.rs"), "Lazy::<lazy::", ">");
        let here = include_str!("lazy.rs").split("mod tests").next().unwrap_or_default();
        let mut fetched: Vec<_> = here
            .split("=> ")
            .filter_map(|arm| arm.split_once("::preload()"))
            .map(|(name, _)| name)
            .collect();
        fetched.sort_unstable();
        assert!(routes.len() >= 8);
        assert_eq!(routes, fetched, "a route of lib.rs has no arm in `fetch`, or the reverse");
    }
}
