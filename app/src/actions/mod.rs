//! Server functions for operator actions and the audit log, and the service that the server puts
//! into the context of each request. Decides nothing itself.

pub mod form;
pub mod results;
mod target;

use crate::routes::access;
use leptos::prelude::*;
use model::action::{Ask, Done, Preview};
use model::audit::{AuditPage, AuditQuery};
use model::{ApiError, ServerId};
use serde::{Deserialize, Serialize};

/// The confirmation of a previewed action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The action and its targets.
    pub ask: Ask,
    /// The preview's confirmation token.
    pub token: String,
    /// Why, for the audit log.
    pub reason: String,
}

/// The step of an action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ActionStep {
    /// Nothing requested yet.
    #[default]
    Nothing,
    /// The preview.
    Preview(Preview),
    /// The results.
    Done(Vec<Done>),
    /// The action was refused, and why.
    Refused(ApiError),
}

/// A boxed future of a handler's result.
#[cfg(feature = "ssr")]
pub type HandlerFuture<T> =
    std::pin::Pin<Box<dyn std::future::Future<Output = Result<T, ApiError>> + Send>>;

/// A handler provided by the server crate.
#[cfg(feature = "ssr")]
pub type Handler<Q, T> = std::sync::Arc<dyn Fn(Q) -> HandlerFuture<T> + Send + Sync>;

/// Operator actions and the audit log, implemented by the server crate and provided in the context.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct ActionService {
    /// Previews an action.
    pub preview: Handler<(model::User, ServerId, Ask), Preview>,
    /// Executes a previewed action.
    pub act: Handler<(model::User, ServerId, Confirmation), Vec<Done>>,
    /// Reads the audit log.
    pub audit: Handler<(model::User, AuditQuery), AuditPage>,
}

#[cfg(feature = "ssr")]
fn service() -> Result<ActionService, ApiError> {
    use_context().ok_or_else(|| ApiError::Internal { incident: "no actions in the request".into() })
}

access! { "/api/act_preview" OnServer(Act) }

/// Previews an action: statement, lock, effect, targets. Changes nothing.
#[server(prefix = "/api", endpoint = "act_preview", input = model::wire::Json, output = model::wire::Json)]
pub async fn act_preview(server: ServerId, ask: Ask) -> Result<Preview, ApiError> {
    let user = crate::auth::require(model::Permission::Act, Some(&server))?;
    (service()?.preview)((user, server, ask)).await
}

access! { "/api/act" OnServer(Act) }

/// Executes a previewed action.
#[server(prefix = "/api", endpoint = "act", input = model::wire::Json, output = model::wire::Json)]
pub async fn act(server: ServerId, confirmed: Confirmation) -> Result<Vec<Done>, ApiError> {
    let user = crate::auth::require(model::Permission::Act, Some(&server))?;
    (service()?.act)((user, server, confirmed)).await
}

access! { "/api/audit" Any(Audit) }

/// A page of the audit log, limited to servers the user may see.
#[server(prefix = "/api", endpoint = "audit", output = model::wire::Json)]
pub async fn read_audit(query: AuditQuery) -> Result<AuditPage, ApiError> {
    let user = crate::auth::require(model::Permission::Audit, None)?;
    (service()?.audit)((user, query)).await
}
