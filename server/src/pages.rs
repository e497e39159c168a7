//! The way from a request to a leptos page or server function: who asks, and the engine, handed over
//! as contexts. Knows no page.

use std::sync::Arc;
use std::time::Duration;

use app::{OwnCostSource, SignInInfo, shell};
use axum::extract::{Extension, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;

use crate::answer;
use crate::gate::Visitor;
use crate::login::routes::message;
use crate::site::Site;

/// A page reads memory only: one that takes longer will never be done, and its reader must be told.
const LONGEST_RENDER: Duration = Duration::from_secs(10);

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
    let options = site.0.options.clone();
    let render =
        leptos_axum::render_app_async_with_context(contexts(&site, visitor, sign_in), move || {
            shell(options.clone())
        });
    match tokio::time::timeout(LONGEST_RENDER, render(request)).await {
        Ok(page) => page.into_response(),
        Err(_) => {
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
