//! The route table of the axum router: every route, page and server function with the permission it
//! requires, and the middleware. `pgdeck routes` lists it; a test calls each entry as each role.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use app::routes::{Access, PAGES, functions};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, any, get, post};
use model::Permission::{Act, Audit, Explain, See};
use serde_json::{Value, json};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use super::body_limits::{MAX_PLAN_FORM_BYTES, MAX_SIGN_IN_BYTES};
use super::middleware::authenticate::PublicPaths;
use super::middleware::{authenticate, form_token, same_origin, security_headers, traffic};
use super::state::AppState;
use super::{assets, events, forms, marks, metrics, refresh, response, ssr};
use crate::auth::handlers;

/// The largest request body, bytes: forms and server functions are small.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// One entry: method, path, and the permission required; None where none was declared, which a test
/// refuses.
pub type Entry = (String, String, Option<Access>);

/// Routes together with the permission each requires, so that none can be forgotten.
pub struct RouteTable {
    router: Router<AppState>,
    entries: Vec<Entry>,
}

impl RouteTable {
    fn new() -> Self {
        Self { router: Router::new(), entries: Vec::new() }
    }

    /// Adds a route: the permission for each method, and its handler.
    fn route(
        mut self,
        path: &str,
        access: &[(&str, Access)],
        handler: MethodRouter<AppState>,
    ) -> Self {
        self.router = self.router.route(path, handler);
        for (method, access) in access {
            self.entries.push(((*method).into(), path.into(), Some(*access)));
        }
        self
    }

    fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.entries.extend(other.entries);
        self
    }

    /// The list without the router.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Changes the router as a whole.
    fn map(self, change: impl FnOnce(Router<AppState>) -> Router<AppState>) -> Self {
        Self { router: change(self.router), entries: self.entries }
    }
}

/// All routes with their middleware; the outermost is named last.
pub fn router(state: AppState) -> Router {
    let table = table();
    let public = public_paths(table.entries);
    table
        .router
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(state.clone(), form_token::form_token))
        .layer(from_fn_with_state(state.clone(), traffic::traffic))
        .layer(from_fn_with_state((state.clone(), public), authenticate::authenticate))
        .layer(from_fn_with_state(state.clone(), same_origin::same_origin))
        .layer(CatchPanicLayer::custom(|_| {
            response::internal_error(&anyhow::anyhow!("a request panicked; the message is above"))
        }))
        .layer(from_fn_with_state(state.clone(), security_headers::security_headers))
        .with_state(state)
}

/// The paths that need no session: those open to everybody, and those whose handlers authorise.
pub fn public_paths(routes: Vec<Entry>) -> PublicPaths {
    let routes = routes.into_iter().filter_map(|(_, path, access)| Some((path, access?)));
    let pages = PAGES.iter().map(|page| (page.path.to_owned(), page.access));
    let functions = functions().map(|function| (function.path.to_owned(), function.access));
    let all: BTreeSet<String> = routes
        .chain(pages)
        .chain(functions)
        .filter(|(_, access)| matches!(access, Access::Public | Access::Custom))
        .map(|(path, _)| path)
        .collect();
    PublicPaths::new(all.into_iter())
}

/// The routes and the permission each requires.
pub fn table() -> RouteTable {
    use Access::{Any, Custom, OnServer, Public};
    // Event streams are exempt (their bytes are shared by all viewers), and assets compress themselves.
    let compressible = SizeAbove::new(1_024)
        .and(NotForContentType::new("text/event-stream"))
        .and(NotForContentType::new("application/wasm"))
        .and(NotForContentType::new("application/octet-stream"))
        .and(NotForContentType::new("font/"));
    let public = [("GET", Public)];
    let files = RouteTable::new()
        .route("/pkg/{*path}", &public, get(assets::file))
        .route("/fonts/{*path}", &public, get(assets::file))
        .route("/favicon.svg", &public, get(assets::file))
        .route("/favicon.ico", &public, get(assets::file));
    let dynamic = RouteTable::new()
        // The permission of a server function is declared with the function.
        .route("/api/{*name}", &[], any(ssr::function))
        .route("/metrics", &[("GET", Custom)], get(metrics::metrics))
        .route("/plan", &[("GET", Any(See)), ("POST", Any(See))], plan_form())
        .route("/s/{server}/act", &[("POST", OnServer(Act))], get(ssr::page).post(ssr::act))
        .route(
            "/s/{server}/statements/{queryid}",
            &[("POST", OnServer(Explain))],
            get(ssr::page).post(forms::plan_statement),
        )
        .route(
            "/s/{server}/measure",
            &[("POST", OnServer(Explain))],
            get(ssr::page).post(forms::measure),
        )
        .route(
            "/s/{server}/suggestions",
            &[("POST", OnServer(Explain))],
            get(ssr::page).post(forms::suggest_indexes),
        )
        .route("/s/{server}/io", &[("POST", OnServer(Explain))], get(ssr::page).post(forms::io))
        .route(refresh::PATH, &[("POST", OnServer(See))], post(refresh::refresh))
        .route("/audit.csv", &[("GET", Any(Audit))], get(ssr::audit_csv))
        // The glossary's address until 2026-11.
        .route("/words", &[("GET", Any(See))], get(|| async { Redirect::permanent("/glossary") }))
        .map(|router| {
            let compressed =
                CompressionLayer::new().br(true).gzip(true).compress_when(compressible);
            router.fallback(ssr::page).layer(compressed)
        });
    RouteTable::new()
        .route(
            "/login",
            &[("GET", Public), ("POST", Public)],
            small(get(handlers::sign_in_by_link).post(handlers::sign_in_by_password)),
        )
        .route("/logout", &[("POST", Any(See))], small(post(handlers::sign_out)))
        .route(
            marks::PATH,
            &[("POST", Custom)],
            post(marks::mark).layer(DefaultBodyLimit::max(marks::MAX_BYTES)),
        )
        .route("/live", &[("GET", OnServer(See))], get(events::live))
        .route("/healthz", &public, get(|| async { "alive\n" }))
        .route("/readyz", &public, get(ready))
        .merge(files)
        .merge(dynamic)
}

/// A route that anybody can send to: it reads no more than a sign-in form has.
fn small(route: MethodRouter<AppState>) -> MethodRouter<AppState> {
    route.layer(DefaultBodyLimit::max(MAX_SIGN_IN_BYTES))
}

fn plan_form() -> MethodRouter<AppState> {
    get(ssr::page).post(ssr::plan).layer(DefaultBodyLimit::max(MAX_PLAN_FORM_BYTES))
}

async fn ready(State(state): State<AppState>) -> Response {
    if state.0.ready.load(Ordering::Relaxed) {
        "ready\n".into_response()
    } else {
        response::plain_error(StatusCode::SERVICE_UNAVAILABLE, "pgdeck is starting.")
    }
}

/// Every entry: the routes, then the pages and server functions as leptos lists them.
pub fn all() -> Vec<Entry> {
    let mut all = table().into_entries();
    for page in leptos_axum::generate_route_list(app::App) {
        let path = page.path().replace('{', ":").replace('}', "");
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let access = PAGES.iter().find(|page| page.path == path).map(|page| page.access);
        all.push(("GET".into(), path, access));
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let access = functions().find(|function| function.path == path);
        all.push((method.to_string(), path.to_owned(), access.map(|function| function.access)));
    }
    all.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    all.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
    all
}

fn access_name(access: Option<Access>) -> String {
    access.map_or_else(|| "undeclared".to_owned(), |access| access.to_string())
}

/// `pgdeck routes`: one line each.
pub fn print(entries: &[Entry]) {
    for (method, path, access) in entries {
        println!("{method}\t{path}\t{}", access_name(*access));
    }
}

/// `pgdeck routes --json`: the pages in the order of the navigation, and all entries.
pub fn json(entries: &[Entry]) -> Value {
    let pages: Vec<Value> = PAGES
        .iter()
        .map(|page| {
            json!({
                "name": page.name,
                "path": page.path,
                "access": page.access.to_string(),
                "group": page.group.as_str(),
                "label": page.label,
                "key": page.key,
            })
        })
        .collect();
    let routes: Vec<Value> = entries
        .iter()
        .map(|(method, path, access)| {
            json!({ "method": method, "path": path, "access": access_name(*access) })
        })
        .collect();
    json!({ "pages": pages, "routes": routes })
}
