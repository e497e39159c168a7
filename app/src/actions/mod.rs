//! Asking for actions and for the audit log: the server functions, and what the server puts into the
//! context of each request to answer them. Decides nothing.

pub mod form;
pub mod results;

use crate::routes::access;
use leptos::prelude::*;
use model::action::{Ask, Done, Preview};
use model::audit::{AuditPage, AuditQuery};
use model::{ApiError, ServerId};
use serde::{Deserialize, Serialize};

/// A preview that somebody confirms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// What was previewed.
    pub ask: Ask,
    /// The preview's token.
    pub token: String,
    /// Why, for the audit log.
    pub reason: String,
}

/// How far somebody is with an action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ActionStep {
    /// Nothing was asked for yet.
    #[default]
    Nothing,
    /// What would happen.
    Preview(Preview),
    /// What happened.
    Done(Vec<Done>),
    /// Nothing happened, and why.
    Refused(ApiError),
}

/// An answer that is on its way.
#[cfg(feature = "ssr")]
pub type Answer<T> =
    std::pin::Pin<Box<dyn std::future::Future<Output = Result<T, ApiError>> + Send>>;

/// A question that the server answers.
#[cfg(feature = "ssr")]
pub type Asking<Q, T> = std::sync::Arc<dyn Fn(Q) -> Answer<T> + Send + Sync>;

/// What acts and keeps the log. The server puts one into the context.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct ActionService {
    /// Looks at what an action would do.
    pub preview: Asking<(model::User, ServerId, Ask), Preview>,
    /// Does what was previewed.
    pub act: Asking<(model::User, ServerId, Confirmed), Vec<Done>>,
    /// Reads the audit log.
    pub audit: Asking<(model::User, AuditQuery), AuditPage>,
}

#[cfg(feature = "ssr")]
fn source() -> Result<ActionService, ApiError> {
    use_context().ok_or_else(|| ApiError::Internal { incident: "no actions in the request".into() })
}

access! { "/api/act_preview" OnServer(Act) }

/// What an action would do: the statement, the lock, the effect, whom it touches. Changes nothing.
#[server(prefix = "/api", endpoint = "act_preview", input = model::wire::Json, output = model::wire::Json)]
pub async fn act_preview(server: ServerId, ask: Ask) -> Result<Preview, ApiError> {
    let who = crate::auth::require(model::Permission::Act, Some(&server))?;
    (source()?.preview)((who, server, ask)).await
}

access! { "/api/act" OnServer(Act) }

/// Does what was previewed.
#[server(prefix = "/api", endpoint = "act", input = model::wire::Json, output = model::wire::Json)]
pub async fn act(server: ServerId, confirmed: Confirmed) -> Result<Vec<Done>, ApiError> {
    let who = crate::auth::require(model::Permission::Act, Some(&server))?;
    (source()?.act)((who, server, confirmed)).await
}

access! { "/api/audit" Any(Audit) }

/// A page of the audit log, of the servers the reader may see.
#[server(prefix = "/api", endpoint = "audit", output = model::wire::Json)]
pub async fn read_audit(query: AuditQuery) -> Result<AuditPage, ApiError> {
    let who = crate::auth::require(model::Permission::Audit, None)?;
    (source()?.audit)((who, query)).await
}
