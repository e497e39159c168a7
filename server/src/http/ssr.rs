//! Server-side rendering (SSR) of Leptos pages and dispatch of server functions: puts the current user and
//! the engine into the Leptos context. Knows no page.

use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::{
    ActionService, ActionStep, Confirmation, Explainer, FormToken, MAX_SENT_BYTES, OwnCostSource,
    PlanPageData, SignInInfo, document,
};
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use model::audit::AuditQuery;
use model::error::UNREADABLE;
use model::{ApiError, Permission, ServerId};
use serde::Deserialize;
use tokio_util::task::LocalPoolHandle;

use super::body_limits::{MAX_SIGN_IN_BYTES, TOO_LONG};
use super::middleware::authenticate::{CurrentUser, session_id};
use super::middleware::form_token;
use super::response;
use super::sign_in::{sign_in, with_cookie};
use super::state::AppState;
use crate::actions::explain::journal;
use crate::actions::internal;
use crate::recording;

/// Render timeout. A page reads memory only: one that takes longer never finishes.
const RENDER_TIMEOUT: Duration = Duration::from_secs(10);

/// Thread pool for rendering; each page stays on one thread. Several tasks render parts of a page, and
/// reading a Leptos signal fails with "already disposed" while another thread writes it (`try_read` in
/// crate guardian, which reactive_graph's guards use).
static RENDER_POOL: LazyLock<LocalPoolHandle> = LazyLock::new(|| {
    LocalPoolHandle::new(std::thread::available_parallelism().map_or(2, NonZero::get))
});

/// The longest error of a server function, bytes: a sentence or two.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The Leptos context of every page and server function.
pub(super) fn contexts(
    state: &AppState,
    current: CurrentUser,
    sign_in: SignInInfo,
) -> impl Fn() + Clone + Send + Sync + 'static {
    let state = state.clone();
    move || {
        let own = state.clone();
        // Leptos provides the head of the request before it calls this.
        let head = use_context::<Parts>();
        let id = head.as_ref().and_then(|head| session_id(&head.headers, &state.0.origins));
        provide_context(FormToken(id.map(form_token::of).unwrap_or_default()));
        provide_context(state.0.engine.clone());
        provide_context(current.0.clone());
        provide_context(OwnCostSource(Arc::new(move || own.own_cost())));
        provide_context(sign_in.clone());
        provide_context(action_service(&state));
        provide_context(journal(&state.0.actions));
    }
}

/// The actions as server functions call them; `app` does not depend on this package.
fn action_service(state: &AppState) -> ActionService {
    let (preview, execute, audit) =
        (state.0.actions.clone(), state.0.actions.clone(), state.0.actions.clone());
    ActionService {
        preview: Arc::new(move |(user, server, ask)| {
            let runner = preview.clone();
            Box::pin(async move { runner.preview(&user, &server, ask).await })
        }),
        act: Arc::new(move |(user, server, confirmed)| {
            let runner = execute.clone();
            Box::pin(async move {
                let Confirmation { ask, token, reason } = confirmed;
                runner.execute(&user, &server, ask, &token, &reason).await
            })
        }),
        audit: Arc::new(move |(user, query)| {
            let runner = audit.clone();
            Box::pin(async move {
                let page = runner.audit().page(&user, &query).await;
                page.map_err(|error| internal(&error.into()))
            })
        }),
    }
}

/// `POST /s/{server}/act`: one step of an action, for browsers without JavaScript.
pub async fn act(
    State(state): State<AppState>,
    current: CurrentUser,
    Path(server): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let server = ServerId::new(server);
    let uri = app::links::area(&server, "act");
    let Ok(uri) = Uri::try_from(uri) else {
        return response::plain_error(StatusCode::NOT_FOUND, "There is no such server.");
    };
    let step = match current.require(Permission::Act, Some(&server)) {
        Ok(user) => crate::actions::form::step(&state.0.actions, user, &server, &body).await,
        Err(error) => ActionStep::Refused(error),
    };
    let status = match &step {
        ActionStep::Refused(error) => app::status(error),
        _ => StatusCode::OK,
    };
    let contexts = contexts(&state, current, SignInInfo::default());
    let more = move || {
        contexts();
        provide_context(step.clone());
    };
    let mut page = render(&state, more, request_of(uri, &headers)).await;
    if page.status() == StatusCode::OK {
        *page.status_mut() = status;
    }
    page
}

/// `GET /audit.csv?q=…`: exports the audit log as CSV.
pub async fn audit_csv(
    State(state): State<AppState>,
    current: CurrentUser,
    Query(params): Query<AuditCsvParams>,
) -> Response {
    let user = match current.require(Permission::Audit, None) {
        Ok(user) => user,
        Err(error) => return response::plain_error(app::status(&error), &error.to_string()),
    };
    let query = AuditQuery { text: params.q, before: 0 };
    match state.0.actions.audit().csv(user, &query).await {
        Ok(text) => (
            [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"pgdeck-audit.csv\""),
            ],
            text,
        )
            .into_response(),
        Err(error) => response::internal_error(&error.into()),
    }
}

/// The query of `/audit.csv`.
#[derive(Deserialize)]
pub struct AuditCsvParams {
    #[serde(default)]
    q: String,
}

/// `GET` of a page. Rendered completely before it is sent, not streamed: it reads memory only, and without
/// JavaScript nothing could be filled in later.
pub async fn page(
    State(state): State<AppState>,
    current: CurrentUser,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return response::plain_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "This page only supports GET.",
        );
    }
    if current.0.is_some()
        && let Some(to) = recording::whole_range(&state.0.engine, request.uri())
    {
        return response::see_other(&to);
    }
    let (sign_in, cookie) = match sign_in(&state, (request.uri(), request.headers())).await {
        Ok(both) => both,
        Err(error) => return response::internal_error(&error),
    };
    let more = contexts(&state, current, sign_in);
    with_cookie(render(&state, more, request).await, cookie)
}

/// `POST /plan`: the forms of the page, for browsers without JavaScript. Nothing is stored. A running
/// statement is cancelled when the client disconnects.
pub async fn plan(
    State(state): State<AppState>,
    current: CurrentUser,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let pairs = match form {
        Ok(Form(pairs)) if pairs.iter().all(|(_, text)| text.len() <= MAX_SENT_BYTES) => pairs,
        Err(error) if error.status() != StatusCode::PAYLOAD_TOO_LARGE => {
            let message = "The form data is invalid. Reload the page.";
            return response::plain_error(StatusCode::BAD_REQUEST, message);
        }
        _ => return response::plain_error(StatusCode::PAYLOAD_TOO_LARGE, TOO_LONG),
    };
    let brought = match &current.0 {
        Some(user) => {
            let engine = state.0.engine.clone();
            let explainer = Explainer { engine, journal: journal(&state.0.actions) };
            app::submit_plan_form(&explainer, user, &pairs).await
        }
        None => PlanPageData::default(),
    };
    let contexts = contexts(&state, current, SignInInfo::default());
    let more = move || {
        contexts();
        provide_context(brought.clone());
    };
    render(&state, more, request_of(Uri::from_static("/plan"), &headers)).await
}

/// The request for the page that answers a form: with the cookies of the form's own, which say the theme
/// and the clock.
pub(super) fn request_of(uri: Uri, headers: &HeaderMap) -> Request {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    let cookies = headers.get_all(header::COOKIE).iter().cloned();
    request.headers_mut().extend(cookies.map(|value| (header::COOKIE, value)));
    request
}

/// Starts the threads that render. Later there may be no file descriptors for them, and none would ever start.
pub(super) fn start_threads() {
    LazyLock::force(&RENDER_POOL);
}

pub(super) async fn render(
    state: &AppState,
    contexts: impl Fn() + Clone + Send + Sync + 'static,
    request: Request,
) -> Response {
    let options = state.0.options.clone();
    let render_app =
        leptos_axum::render_app_async_with_context(contexts, move || document(options.clone()));
    let rendering = RENDER_POOL.spawn_pinned(move || async move {
        let (head, body) = render_app(request).await.into_parts();
        let whole = axum::body::to_bytes(body, usize::MAX).await?;
        anyhow::Ok(Response::from_parts(head, Body::from(whole)))
    });
    let stop = rendering.abort_handle();
    match tokio::time::timeout(RENDER_TIMEOUT, rendering).await {
        Ok(Ok(Ok(page))) => page,
        Ok(Ok(Err(error))) => response::internal_error(&error),
        Ok(Err(error)) => response::internal_error(&error.into()),
        Err(_) => {
            stop.abort();
            tracing::error!(limit_s = RENDER_TIMEOUT.as_secs(), "a page was not rendered in time");
            response::plain_error(
                StatusCode::SERVICE_UNAVAILABLE,
                "This page was not rendered in time. Reload it.",
            )
        }
    }
}

/// `/api/…`: calls a Leptos server function. Without a session only a small body is read.
pub async fn function(
    State(state): State<AppState>,
    current: CurrentUser,
    mut request: Request,
) -> Response {
    if current.0.is_none() {
        DefaultBodyLimit::max(MAX_SIGN_IN_BYTES).apply(&mut request);
    }
    let (sign_in, cookie) = match sign_in(&state, (request.uri(), request.headers())).await {
        Ok(both) => both,
        Err(error) => return response::internal_error(&error),
    };
    let contexts = contexts(&state, current, sign_in);
    let answer = leptos_axum::handle_server_fns_with_context(contexts, request).await;
    with_cookie(with_status(answer.into_response()).await, cookie)
}

/// Leptos answers every error of a server function with 500; a refusal is not our own fault.
async fn with_status(answer: Response) -> Response {
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_ERROR_BYTES).await else {
        return response::internal_error(&anyhow::anyhow!("an error of a server function is long"));
    };
    head.status = match serde_json::from_slice::<ApiError>(&bytes) {
        Ok(ApiError::Internal { incident }) if incident == UNREADABLE => StatusCode::BAD_REQUEST,
        Ok(error) => app::status(&error),
        Err(_) => head.status,
    };
    Response::from_parts(head, Body::from(bytes))
}
