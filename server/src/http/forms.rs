//! Forms of pages about a server that browsers without JavaScript send: each answers with its page. Knows no
//! page.

use app::{Explainer, SignInInfo};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use leptos::prelude::provide_context;
use model::{ApiError, Permission, ServerId};

use super::middleware::authenticate::CurrentUser;
use super::response;
use super::ssr::{contexts, render, request_of};
use super::state::AppState;
use crate::actions::explain::journal;

/// The page, with what came of its form in its context; or why the form was refused.
async fn answer<T: Clone + Send + Sync + 'static>(
    state: &AppState,
    current: CurrentUser,
    (uri, headers): (Uri, &HeaderMap),
    sent: Result<T, ApiError>,
) -> Response {
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => return response::plain_error(app::status(&error), &error.to_string()),
    };
    let contexts = contexts(state, current, SignInInfo::default());
    let more = move || {
        contexts();
        provide_context(sent.clone());
    };
    render(state, more, request_of(uri, headers)).await
}

/// `POST /s/{server}/statements/{queryid}`: plans a statement at once, for browsers without JavaScript.
pub async fn plan_statement(
    State(state): State<AppState>,
    current: CurrentUser,
    Path((server, queryid)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let server = ServerId::new(server);
    let engine = state.0.engine.clone();
    let explainer = Explainer { engine, journal: journal(&state.0.actions) };
    let sent = match current.require(Permission::Explain, Some(&server)) {
        Ok(user) => Ok(app::submit_planning(&explainer, user, &server, (&queryid, &pairs)).await),
        Err(error) => Err(error),
    };
    answer(&state, current, (uri, &headers), sent).await
}

/// `POST /s/{server}/measure`: measures bloat, for browsers without JavaScript. Aborted when the client
/// disconnects.
pub async fn measure(
    State(state): State<AppState>,
    current: CurrentUser,
    Path(server): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let server = ServerId::new(server);
    let sent = match current.require(Permission::Explain, Some(&server)) {
        Ok(user) => app::submit_measurement(&state.0.engine, user, &server, &pairs).await,
        Err(error) => Err(error),
    };
    answer(&state, current, (uri, &headers), sent).await
}

/// `POST /s/{server}/suggestions`: looks for indexes or tries some, for browsers without JavaScript.
pub async fn suggest_indexes(
    State(state): State<AppState>,
    current: CurrentUser,
    Path(server): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let server = ServerId::new(server);
    let engine = state.0.engine.clone();
    let explainer = Explainer { engine, journal: journal(&state.0.actions) };
    let sent = match current.require(Permission::Explain, Some(&server)) {
        Ok(user) => app::submit_suggestions(&explainer, user, &server, &pairs).await,
        Err(error) => Err(error),
    };
    answer(&state, current, (uri, &headers), sent).await
}

/// `POST /s/{server}/io`: reads what shared buffers hold, for browsers without JavaScript. Ended when the client
/// disconnects.
pub async fn io(
    State(state): State<AppState>,
    current: CurrentUser,
    Path(server): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let server = ServerId::new(server);
    let sent = match current.require(Permission::Explain, Some(&server)) {
        Ok(user) => app::submit_cache(&state.0.engine, user, &server, &pairs).await,
        Err(error) => Err(error),
    };
    answer(&state, current, (uri, &headers), sent).await
}
