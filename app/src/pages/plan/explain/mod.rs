//! Server functions of "Run it on a server": EXPLAIN of a user's statement. Each checks its
//! permission first; what may run is decided by the engine.

#[cfg(feature = "ssr")]
pub mod explainer;
pub mod form;
#[cfg(feature = "ssr")]
pub mod journal;
pub mod messages;
pub mod panel;
pub mod request;
pub mod result;
pub mod runner;
#[cfg(feature = "ssr")]
pub mod server;

use crate::routes::access;
use leptos::prelude::*;
use model::explain::{Cancelling, Explained, NotExplained, Preview, RunId};
use model::{ApiError, Known, ServerId};
use serde::{Deserialize, Serialize};

use super::catalog::{ServerCatalog, TableName};
use crate::resource::{Loaded, loaded};
use request::ExplainRequest;

/// The result of an EXPLAIN call.
pub type ExplainResult<T> = Result<T, NotExplained>;

/// A server of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its name.
    pub id: ServerId,
    /// Its major version, once connected.
    pub major: Option<u16>,
    /// The database of its DSN.
    pub database: String,
}

impl Choice {
    /// Its label in the list.
    pub fn message(&self) -> String {
        match self.major {
            Some(major) => format!("{} (PostgreSQL {major})", self.id),
            None => format!("{} (not reached yet)", self.id),
        }
    }
}

/// The servers on which the user may run EXPLAIN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// The servers.
    pub servers: Vec<Choice>,
    /// Whether the user may execute statements (ANALYZE).
    pub may_analyze: bool,
}

/// A plan with the catalog of its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The plan.
    pub explained: Explained,
    /// The catalog, or why it could not be read.
    #[serde(rename = "consulted")]
    pub server_catalog: Known<ServerCatalog>,
}

/// The outcome of a submitted form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Previews an EXPLAIN run.
    Preview(Preview),
    /// A plan; its text is in `PlanTexts`.
    Ran(Explained),
    /// Refused or failed.
    Not(NotExplained),
    /// Permission denied, or pgdeck not reachable.
    Broken(ApiError),
}

/// A submitted form and its outcome, serialised into the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExplainSubmission {
    /// The fields.
    #[serde(rename = "sheet")]
    pub request: ExplainRequest,
    /// Whether a form was submitted.
    pub sent: bool,
    /// The outcome.
    pub outcome: Option<Outcome>,
    /// Why the catalog of the selected server could not be read.
    #[serde(rename = "unread")]
    pub catalog_error: Option<String>,
}

access! { "/api/explain_servers" Any(Explain) }

/// The servers on which the user may run EXPLAIN.
#[server(prefix = "/api", endpoint = "explain_servers", output = model::wire::Json)]
pub async fn read_choices() -> Result<Choices, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, None)?;
    Ok(server::choices(&auth::engine()?, &user))
}

access! { "/api/explain_preview" OnServer(Explain) }

/// What a run would do; nothing is sent to the watched server. The answer names the run, and only that
/// name starts it.
#[server(prefix = "/api", endpoint = "explain_preview", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_preview(
    #[server(rename = "sheet")] request: ExplainRequest,
) -> Result<ExplainResult<Preview>, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&request.server_id()))?;
    explainer::preview(&explainer::Explainer::of_request()?, &user, &request).await
}

access! { "/api/explain_run" OnServer(Explain) }

/// Runs a previewed EXPLAIN. The run is cancelled when the client disconnects.
#[server(prefix = "/api", endpoint = "explain_run", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_run(
    run: RunId,
    #[server(rename = "sheet")] request: ExplainRequest,
) -> Result<ExplainResult<RunResult>, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&request.server_id()))?;
    explainer::run(&explainer::Explainer::of_request()?, &user, run, &request).await
}

access! { "/api/explain_cancel" OnServer(Explain) }

/// Cancels a run: one's own, or any as an administrator.
#[server(prefix = "/api", endpoint = "explain_cancel", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_cancel(server: ServerId, run: RunId) -> Result<Known<Cancelling>, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    explainer::cancel(&explainer::Explainer::of_request()?, &user, &server, &run).await
}

access! { "/api/explain_catalog" OnServer(Explain) }

/// Reads a server's catalog of a plan's tables. It receives only their names.
#[server(prefix = "/api", endpoint = "explain_catalog", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_catalog(
    server: ServerId,
    database: String,
    tables: Vec<TableName>,
) -> Result<Known<ServerCatalog>, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    let explainer = explainer::Explainer::of_request()?;
    explainer::consult(&explainer, &user, &server, &database, &tables).await
}

/// The resource of the server list, fetched once per page.
#[derive(Clone, Copy)]
pub struct Servers(pub Loaded<Result<Choices, ApiError>>);

impl Servers {
    /// Fetches the list and provides it in the context.
    pub fn provide() -> Self {
        let servers = Self(loaded(|| (), |()| read_choices()));
        provide_context(servers);
        servers
    }
}
