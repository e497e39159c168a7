//! The way from a request to a leptos page or server function: who asks, and the engine, handed over
//! as contexts. Knows no page.

use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::{
    ActionService, ActionStep, MAX_SENT_BYTES, OwnCostSource, PlanPageData, SignInInfo, document,
};
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Path, Query, Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use model::audit::AuditQuery;
use model::{ApiError, Permission, ServerId, User};
use serde::Deserialize;
use tokio_util::task::LocalPoolHandle;

use super::middleware::authenticate::CurrentUser;
use super::response;
use super::state::AppState;
use crate::actions::internal;
use crate::auth::handlers::message;

/// A page reads memory only: one that takes longer will never be done, and its reader must be told.
const LONGEST_RENDER: Duration = Duration::from_secs(10);

/// The threads that draw pages, each page on one of them from start to end. Reading one of leptos's
/// signals fails, with "already disposed", while another thread writes it (`try_read` in crate guardian,
/// which reactive_graph's guards use), and the parts of a page are drawn by several tasks.
static DRAWERS: LazyLock<LocalPoolHandle> = LazyLock::new(|| {
    LocalPoolHandle::new(std::thread::available_parallelism().map_or(2, NonZero::get))
});

/// The largest body of the form of `/plan`, bytes: a form writes three for most signs of a plan in
/// JSON, and there are two plans.
pub const MAX_PLAN_FORM_BYTES: usize = 6 * MAX_SENT_BYTES;

const TOO_LONG: &str = "Without JavaScript a plan of up to 2 MiB can be sent; with JavaScript, or with pgdeck plan on the command line, there is no such limit.";

/// What every page and server function finds in its context.
fn contexts(
    state: &AppState,
    current: CurrentUser,
    sign_in: SignInInfo,
) -> impl Fn() + Clone + Send + Sync + 'static {
    let state = state.clone();
    move || {
        let own = state.clone();
        provide_context(state.0.engine.clone());
        provide_context(current.0.clone());
        provide_context(OwnCostSource(Arc::new(move || own.own_cost())));
        provide_context(sign_in.clone());
        provide_context(acts_source(&state));
    }
}

/// The way from a server function to what acts.
fn acts_source(state: &AppState) -> ActionService {
    let (looks, does, reads) =
        (state.0.actions.clone(), state.0.actions.clone(), state.0.actions.clone());
    ActionService {
        preview: Arc::new(move |(who, server, ask)| {
            let acts = looks.clone();
            Box::pin(async move { acts.preview(&who, &server, ask).await })
        }),
        act: Arc::new(move |(who, server, confirmed)| {
            let acts = does.clone();
            Box::pin(async move {
                acts.act(&who, &server, confirmed.ask, &confirmed.token, &confirmed.reason).await
            })
        }),
        audit: Arc::new(move |(who, query)| {
            let acts = reads.clone();
            Box::pin(async move {
                let page = acts.audit().page(&who, &query).await;
                page.map_err(|error| internal(&error.into()))
            })
        }),
    }
}

/// The signed-in user, when they hold `permission` (on `server`, where one is named).
fn authorised(
    current: &CurrentUser,
    permission: Permission,
    server: Option<&ServerId>,
) -> Result<User, ApiError> {
    let user = current.0.clone().ok_or(ApiError::SignedOut)?;
    user.require(permission, server)?;
    Ok(user)
}

/// `POST /s/{server}/act`: one step of an action, for browsers without JavaScript.
pub async fn act(
    State(state): State<AppState>,
    Extension(current): Extension<CurrentUser>,
    Path(server): Path<String>,
    body: String,
) -> Response {
    let server = ServerId::new(server);
    let uri = app::links::area(&server, "act");
    let Ok(uri) = Uri::try_from(uri) else {
        return response::plain_error(StatusCode::NOT_FOUND, "There is no such server.");
    };
    let step = match authorised(&current, Permission::Act, Some(&server)) {
        Ok(who) => crate::actions::form::step(&state.0.actions, &who, &server, &body).await,
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
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    let mut page = drawn(&state, more, request).await;
    if page.status() == StatusCode::OK {
        *page.status_mut() = status;
    }
    page
}

/// `GET /audit.csv?q=…`: the audit log for a spreadsheet.
pub async fn audit_csv(
    State(state): State<AppState>,
    Extension(current): Extension<CurrentUser>,
    Query(looked_for): Query<LookedFor>,
) -> Response {
    let who = match authorised(&current, Permission::Audit, None) {
        Ok(who) => who,
        Err(error) => return response::plain_error(app::status(&error), &error.to_string()),
    };
    let query = AuditQuery { text: looked_for.q, before: 0 };
    match state.0.actions.audit().csv(&who, &query).await {
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
pub struct LookedFor {
    #[serde(default)]
    q: String,
}

/// A page. Rendered whole before it is sent: it reads memory only, and without JavaScript nothing
/// could be filled in later.
pub async fn page(
    State(state): State<AppState>,
    Extension(current): Extension<CurrentUser>,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return response::plain_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "This page only supports GET.",
        );
    }
    let sign_in = sign_in(&state, request.uri()).await;
    let more = contexts(&state, current, sign_in);
    drawn(&state, more, request).await
}

/// The page `/plan` with what its forms brought, for browsers without JavaScript. Nothing is kept. A
/// statement that runs is cancelled when the browser goes away.
pub async fn plan(
    State(state): State<AppState>,
    Extension(current): Extension<CurrentUser>,
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
        Some(who) => app::submit_plan_form(&state.0.engine, who, &pairs).await,
        None => PlanPageData::default(),
    };
    let contexts = contexts(&state, current, SignInInfo::default());
    let more = move || {
        contexts();
        provide_context(brought.clone());
    };
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static("/plan");
    drawn(&state, more, request).await
}

async fn drawn(
    state: &AppState,
    contexts: impl Fn() + Clone + Send + Sync + 'static,
    request: Request,
) -> Response {
    let options = state.0.options.clone();
    let render =
        leptos_axum::render_app_async_with_context(contexts, move || document(options.clone()));
    let drawing = DRAWERS.spawn_pinned(move || async move {
        let (head, body) = render(request).await.into_parts();
        let whole = axum::body::to_bytes(body, usize::MAX).await?;
        anyhow::Ok(Response::from_parts(head, Body::from(whole)))
    });
    let stop = drawing.abort_handle();
    match tokio::time::timeout(LONGEST_RENDER, drawing).await {
        Ok(Ok(Ok(page))) => page,
        Ok(Ok(Err(error))) => response::internal_error(&error),
        Ok(Err(error)) => response::internal_error(&error.into()),
        Err(_) => {
            stop.abort();
            tracing::error!(limit_s = LONGEST_RENDER.as_secs(), "a page was not rendered in time");
            response::plain_error(
                StatusCode::SERVICE_UNAVAILABLE,
                "This page was not rendered in time. Reload it.",
            )
        }
    }
}

/// A server function.
pub async fn function(
    State(state): State<AppState>,
    Extension(current): Extension<CurrentUser>,
    request: Request,
) -> Response {
    let sign_in = sign_in(&state, request.uri()).await;
    leptos_axum::handle_server_fns_with_context(contexts(&state, current, sign_in), request)
        .await
        .into_response()
}

async fn sign_in(state: &AppState, uri: &Uri) -> SignInInfo {
    if !matches!(uri.path(), "/sign-in" | "/api/sign_in_info") {
        return SignInInfo::default();
    }
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let error =
        query.into_iter().find(|(key, _)| key == "error").map(|(_, word)| word.into_owned());
    SignInInfo {
        by_password: state.0.auth.by_password().await,
        message: error.and_then(|word| message(&word)).map(str::to_owned),
    }
}
