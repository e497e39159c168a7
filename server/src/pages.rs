//! The way from a request to a leptos page or server function: who asks, and the engine, handed over
//! as contexts. Knows no page.

use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::{Brought, MAX_SENT_BYTES, OwnCostSource, SignInInfo, shell};
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use tokio_util::task::LocalPoolHandle;

use crate::answer;
use crate::gate::Visitor;
use crate::login::routes::message;
use crate::site::Site;

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
    site: &Site,
    visitor: Visitor,
    sign_in: SignInInfo,
) -> impl Fn() + Clone + Send + Sync + 'static {
    let site = site.clone();
    move || {
        let own = site.clone();
        provide_context(site.0.engine.clone());
        provide_context(visitor.0.clone());
        provide_context(OwnCostSource(Arc::new(move || own.own_cost())));
        provide_context(sign_in.clone());
    }
}

/// A page. Rendered whole before it is sent: it reads memory only, and without JavaScript nothing
/// could be filled in later.
pub async fn page(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return answer::refusal(StatusCode::METHOD_NOT_ALLOWED, "Pages can be read only.");
    }
    let sign_in = sign_in(&site, request.uri()).await;
    let more = contexts(&site, visitor, sign_in);
    drawn(&site, more, request).await
}

/// The page `/plan` with what its forms brought, for browsers without JavaScript. Nothing is kept. A
/// statement that runs is cancelled when the browser goes away.
pub async fn plan(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let pairs = match form {
        Ok(Form(pairs)) if pairs.iter().all(|(_, text)| text.len() <= MAX_SENT_BYTES) => pairs,
        Err(error) if error.status() != StatusCode::PAYLOAD_TOO_LARGE => {
            let says = "The form was not sent as this page sends it. Load the page again.";
            return answer::refusal(StatusCode::BAD_REQUEST, says);
        }
        _ => return answer::refusal(StatusCode::PAYLOAD_TOO_LARGE, TOO_LONG),
    };
    let brought = match &visitor.0 {
        Some(who) => app::bring(&site.0.engine, who, &pairs).await,
        None => Brought::default(),
    };
    let contexts = contexts(&site, visitor, SignInInfo::default());
    let more = move || {
        contexts();
        provide_context(brought.clone());
    };
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static("/plan");
    drawn(&site, more, request).await
}

async fn drawn(
    site: &Site,
    contexts: impl Fn() + Clone + Send + Sync + 'static,
    request: Request,
) -> Response {
    let options = site.0.options.clone();
    let render =
        leptos_axum::render_app_async_with_context(contexts, move || shell(options.clone()));
    let drawing = DRAWERS.spawn_pinned(move || async move {
        let (head, body) = render(request).await.into_parts();
        let whole = axum::body::to_bytes(body, usize::MAX).await?;
        anyhow::Ok(Response::from_parts(head, Body::from(whole)))
    });
    let stop = drawing.abort_handle();
    match tokio::time::timeout(LONGEST_RENDER, drawing).await {
        Ok(Ok(Ok(page))) => page,
        Ok(Ok(Err(error))) => answer::broken(&error),
        Ok(Err(error)) => answer::broken(&error.into()),
        Err(_) => {
            stop.abort();
            tracing::error!(limit_s = LONGEST_RENDER.as_secs(), "a page was not drawn in time");
            answer::refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                "This page was not drawn in time. Load it again.",
            )
        }
    }
}

/// A server function.
pub async fn function(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let sign_in = sign_in(&site, request.uri()).await;
    leptos_axum::handle_server_fns_with_context(contexts(&site, visitor, sign_in), request)
        .await
        .into_response()
}

async fn sign_in(site: &Site, uri: &Uri) -> SignInInfo {
    if !matches!(uri.path(), "/sign-in" | "/api/sign_in_info") {
        return SignInInfo::default();
    }
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let error =
        query.into_iter().find(|(key, _)| key == "error").map(|(_, word)| word.into_owned());
    SignInInfo {
        by_password: site.0.login.by_password().await,
        message: error.and_then(|word| message(&word)).map(str::to_owned),
    }
}
