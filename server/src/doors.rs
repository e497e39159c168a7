//! Every door of pgdeck and what it asks for: routes, pages, server functions. A route is opened
//! together with what it needs, so none can be forgotten; `pgdeck doors` lists them, and a test knocks
//! on each as everybody.

use app::needs::{FUNCTIONS, Needs, PAGES};
use axum::Router;
use axum::routing::MethodRouter;

use crate::site::Site;

/// A way in: method, path, what it asks for. None: nothing was declared, which a test refuses.
pub type Door = (String, String, Option<Needs>);

/// Routes with what they need.
pub struct Doors {
    router: Router<Site>,
    doors: Vec<Door>,
}

impl Doors {
    /// No door yet.
    pub fn new() -> Self {
        Self { router: Router::new(), doors: Vec::new() }
    }

    /// Opens one: for each method what it needs.
    pub fn open(
        mut self,
        path: &str,
        needs: &[(&str, Needs)],
        handler: MethodRouter<Site>,
    ) -> Self {
        self.router = self.router.route(path, handler);
        for (method, needs) in needs {
            self.doors.push(((*method).into(), path.into(), Some(*needs)));
        }
        self
    }

    /// Opens those of another list.
    pub fn with(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.doors.extend(other.doors);
        self
    }

    /// The router, and the list.
    pub fn into_parts(self) -> (Router<Site>, Vec<Door>) {
        (self.router, self.doors)
    }

    /// Changes the router as a whole.
    pub fn map(self, change: impl FnOnce(Router<Site>) -> Router<Site>) -> Self {
        Self { router: change(self.router), doors: self.doors }
    }
}

/// All doors: the routes, then the pages and server functions as leptos lists them.
pub fn all(routes: Vec<Door>) -> Vec<Door> {
    let declared = |list: &[(&str, Needs)], path: &str| {
        list.iter().find(|(known, _)| *known == path).map(|(_, needs)| *needs)
    };
    let mut doors = routes;
    for page in leptos_axum::generate_route_list(app::App) {
        let path = page.path().replace('{', ":").replace('}', "");
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let needs = declared(&PAGES, &path);
        doors.push(("GET".into(), path, needs));
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        doors.push((method.to_string(), path.to_owned(), declared(&FUNCTIONS, path)));
    }
    doors.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    doors.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
    doors
}

/// `pgdeck doors`: one line each.
pub fn print(doors: &[Door]) {
    for (method, path, needs) in doors {
        println!("{method}\t{path}\t{}", needs.map_or("undeclared", Needs::word));
    }
}
