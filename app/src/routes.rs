//! The route table of the pages: path, component, permission, and place in the navigation.
//!
//! A page is one line of `pages!` and one folder below `pages`. Routes, lazy loading, the sidebar, the
//! command palette, the keyboard shortcuts and their help, titles, and `pgdeck routes --json` (from
//! which the tests and benchmarks take their lists) follow from it.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route};
use leptos_router::{Lazy, LazyRoute, SsrMode, lazy_route, path};
use model::{Permission, ServerId};

use crate::{links, pages};

/// The permission that a route or a server function requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Open to everybody.
    Public,
    /// The handler authorises the request itself (bearer token or loopback).
    Custom,
    /// A permission, on no server in particular.
    Any(Permission),
    /// A permission on the server named in the request.
    OnServer(Permission),
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Custom => f.write_str("custom"),
            Self::Any(permission) => f.write_str(permission.as_str()),
            Self::OnServer(permission) => write!(f, "{} on server", permission.as_str()),
        }
    }
}

/// The groups of the navigation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Above all groups.
    Top,
    /// What happens at this moment.
    Now,
    /// The workload: statements, tables, indexes.
    Workload,
    /// Vacuum, backups, settings, security.
    Maintenance,
    /// What to do, and what was done.
    Response,
    /// What to look up.
    Reference,
    /// Not listed in the navigation.
    Hidden,
}

impl Group {
    /// The groups that have a heading.
    pub const HEADED: [Self; 5] =
        [Self::Now, Self::Workload, Self::Maintenance, Self::Response, Self::Reference];

    /// The heading.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Top => "Top",
            Self::Now => "Now",
            Self::Workload => "Workload",
            Self::Maintenance => "Maintenance",
            Self::Response => "Response",
            Self::Reference => "Reference",
            Self::Hidden => "Hidden",
        }
    }

    /// The path data of its icon, in a box of 20 × 20.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Top | Self::Hidden => "",
            Self::Now => "M2 10h4l2-6 4 12 2-6h4",
            Self::Workload => "M3 17V9M8 17V4M13 17v-6M18 17V7",
            Self::Maintenance => {
                "M12 3a4 4 0 0 0-3.6 5.7L3 14v3h3l5.3-5.4A4 4 0 0 0 17 8l-2.5 1.5-2-2L14 5z"
            }
            Self::Response => "M10 2l8 14H2zM10 7v4M10 13v.5",
            Self::Reference => "M5 2h9a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2zM8 6h5M8 10h5",
        }
    }
}

/// One page as the route table knows it.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The name of its folder; for a page about an area, the area's name too.
    pub name: &'static str,
    /// The path as the router spells it: `/s/:server/activity`.
    pub path: &'static str,
    /// The permission it requires.
    pub access: Access,
    /// Where the navigation lists it.
    pub group: Group,
    /// Its name on screen.
    pub label: &'static str,
    /// The path data of its icon, in a box of 20 × 20.
    pub icon: &'static str,
    /// The key that opens it after `g`.
    pub key: Option<char>,
}

impl Page {
    /// Whether it is about one server.
    pub fn is_of_server(&self) -> bool {
        self.path.starts_with("/s/:server")
    }

    /// Whether it shows the range of its address.
    pub fn has_past(&self) -> bool {
        let has_none = matches!(
            self.path,
            "/s/:server/act" | "/s/:server/measure" | "/s/:server/columns" | "/s/:server/inspect"
        );
        self.path == "/" || (self.is_of_server() && !has_none)
    }

    /// Its document title: `Activity of shop`; the overview is the server itself.
    pub fn title(&self, server: Option<&str>) -> String {
        match server {
            Some(server) if self.is_overview() => server.to_owned(),
            Some(server) => format!("{} of {server}", self.label),
            None => self.label.to_owned(),
        }
    }

    /// Whether it is the overview of a server, which stands for all its areas.
    pub fn is_overview(&self) -> bool {
        self.path == "/s/:server"
    }

    /// Its URL; None for a page about a server when none is given.
    pub fn address(&self, server: Option<&ServerId>) -> Option<String> {
        match self.path.strip_prefix("/s/:server") {
            Some("") => server.map(links::overview),
            Some(rest) => server.map(|server| links::area(server, rest.trim_start_matches('/'))),
            None => Some(self.path.to_owned()),
        }
    }
}

/// Whether the router serves `address` with the page of that path.
fn serves(path: &str, address: &str) -> bool {
    let mut wanted = path.split('/').filter(|step| !step.is_empty());
    let mut given = address.split('/').filter(|step| !step.is_empty());
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted.starts_with(':') || wanted == given => {}
            _ => return false,
        }
    }
}

/// The page that the router serves at `address`.
pub fn page_at(address: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| serves(page.path, address))
}

/// The columns: route, path, folder of the page (with `Page`, its component, and `ICON`), permission,
/// group, label, key. The order is that of the navigation.
macro_rules! pages {
    ($($route:ident $path:tt $page:ident $access:expr, $group:ident $label:literal $key:expr;)+) => {
        $(
            #[doc = concat!("The lazy route of `", $path, "`: its code is fetched when it is first opened.")]
            #[derive(Debug)]
            pub struct $route;

            #[lazy_route]
            impl LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                fn view(_route: Self) -> AnyView {
                    pages::$page::Page().into_any()
                }
            }
        )+

        /// All pages, in the order of the navigation.
        pub const PAGES: &[Page] = &[$(Page {
            name: stringify!($page),
            path: $path,
            access: $access,
            group: Group::$group,
            label: $label,
            icon: pages::$page::ICON,
            key: $key,
        }),+];

        /// The pages as the router's children.
        #[component]
        pub fn Routes() -> impl IntoView {
            view! {
                <FlatRoutes fallback=pages::not_found::NotFound>
                    $(<Route path=path!($path) view={Lazy::<$route>::new()} ssr=SsrMode::Async/>)+
                </FlatRoutes>
            }
        }

        /// Loads the wasm of the page at `address` before hydration: the router ignores links while
        /// a lazy route loads.
        #[cfg(feature = "hydrate")]
        pub async fn preload(address: &str) {
            $(if serves($path, address) {
                $route::preload().await;
            })+
            if serves("/plan", address) {
                pages::plan::preload().await;
            }
        }
    };
}

const SEE: Access = Access::Any(Permission::See);
const SEE_SERVER: Access = Access::OnServer(Permission::See);

pages! {
    Fleet       "/"                      fleet       SEE,        Top       "Fleet"       Some('f');
    Overview    "/s/:server"             overview    SEE_SERVER, Now       "Overview"    Some('o');
    Load        "/s/:server/load"        load        SEE_SERVER, Now       "Load"        Some('e');
    Activity    "/s/:server/activity"    activity    SEE_SERVER, Now       "Activity"    Some('a');
    Locks       "/s/:server/locks"       locks       SEE_SERVER, Now       "Locks"       Some('l');
    Replication "/s/:server/replication" replication SEE_SERVER, Now       "Replication" Some('c');
    Statements  "/s/:server/statements"  statements  SEE_SERVER, Workload  "Statements"  Some('s');
    Statement   "/s/:server/statements/:queryid" statement SEE_SERVER, Hidden "Statement" None;
    Tables      "/s/:server/tables"      tables      SEE_SERVER, Workload  "Tables"      Some('t');
    Table       "/s/:server/table"       table       SEE_SERVER, Hidden    "Table"       None;
    Indexes     "/s/:server/indexes"     indexes     SEE_SERVER, Workload  "Indexes"     Some('x');
    Index       "/s/:server/index"       index       SEE_SERVER, Hidden    "Index"       None;
    Io          "/s/:server/io"          io          SEE_SERVER, Workload  "Cache and I/O" Some('i');
    Suggestions "/s/:server/suggestions" suggestions Access::OnServer(Permission::Explain), Workload "Index suggestions" Some('h');
    Plan        "/plan"                  plan        SEE,        Workload  "Plan"        Some('p');
    Vacuum      "/s/:server/vacuum"      vacuum      SEE_SERVER, Maintenance "Vacuum"    Some('v');
    // Shows only a submitted form; submitting checks the permission to act.
    Act         "/s/:server/act"         act         SEE_SERVER, Hidden    "VACUUM or ANALYZE a table" None;
    Measure     "/s/:server/measure"     measure     Access::OnServer(Permission::Explain), Hidden "Bloat measurement" None;
    Columns     "/s/:server/columns"     columns     Access::OnServer(Permission::Explain), Hidden "Columns" None;
    Inspect     "/s/:server/inspect"     inspect     Access::OnServer(Permission::Act), Hidden "Page inspector" None;
    Audit       "/audit"                 audit       Access::Any(Permission::Audit), Response "Audit log" Some('d');
    Rules       "/rules"                 rules       SEE,        Reference "Rules"       Some('u');
    Glossary    "/glossary"              glossary    SEE,        Reference "Glossary"    Some('w');
    About       "/about"                 about       SEE,        Reference "About"       Some('b');
    SignIn      "/sign-in"               sign_in     Access::Public, Hidden "Sign in"    None;
}

/// What a server function requires, registered next to the function by `access!`.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug)]
pub struct FunctionAccess {
    /// The path under which it is called.
    pub path: &'static str,
    /// The permission it requires.
    pub access: Access,
}

#[cfg(feature = "ssr")]
inventory::collect!(FunctionAccess);

/// Registers what a server function requires: `access! { "/api/locks" OnServer(See) }`. A test calls
/// each function as each role and compares.
macro_rules! access {
    ($path:literal $kind:ident $(($permission:ident))?) => {
        #[cfg(feature = "ssr")]
        inventory::submit! {
            $crate::routes::FunctionAccess {
                path: $path,
                access: $crate::routes::Access::$kind $((model::Permission::$permission))?,
            }
        }
    };
}
pub(crate) use access;

/// What the server functions require, by path.
#[cfg(feature = "ssr")]
pub fn functions() -> impl Iterator<Item = &'static FunctionAccess> {
    inventory::iter::<FunctionAccess>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_served_at_its_address_alone() {
        for page in PAGES {
            let address = page.address(Some(&ServerId::new("shop"))).unwrap();
            let serving: Vec<_> = PAGES.iter().filter(|one| serves(one.path, &address)).collect();
            assert_eq!(serving.len(), 1, "{}: {serving:?}", page.path);
            assert_eq!(serving[0].path, page.path);
        }
    }

    #[test]
    fn names_and_keys_are_had_once() {
        for page in PAGES {
            assert_eq!(
                PAGES.iter().filter(|one| one.name == page.name).count(),
                1,
                "{}",
                page.name
            );
            if page.key.is_some() {
                assert_eq!(
                    PAGES.iter().filter(|one| one.key == page.key).count(),
                    1,
                    "{}",
                    page.name
                );
            }
        }
    }

    #[test]
    fn every_listed_page_has_an_icon_and_a_key() {
        for page in PAGES.iter().filter(|page| page.group != Group::Hidden) {
            assert!(!page.icon.is_empty() && page.key.is_some(), "{}", page.name);
        }
    }
}
