//! "Run it on a server": EXPLAIN of a statement that a person gives. Its server functions, each of
//! which asks for a right first; what may run is decided by the engine, not here.

pub mod form;
pub mod messages;
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

use super::catalog::{Consulted, Named};
use crate::resource::{Loaded, loaded};
use request::Sheet;

/// What a question about a statement is answered with.
pub type Asked<T> = Result<T, NotExplained>;

/// A server to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its name.
    pub id: ServerId,
    /// Its major, once we have been connected.
    pub major: Option<u16>,
    /// The database of its DSN.
    pub database: String,
}

impl Choice {
    /// How the list names it.
    pub fn message(&self) -> String {
        match self.major {
            Some(major) => format!("{} (PostgreSQL {major})", self.id),
            None => format!("{} (not reached yet)", self.id),
        }
    }
}

/// Where a person may run EXPLAIN, and how far they may go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// The servers they may see.
    pub servers: Vec<Choice>,
    /// Whether they may have a statement executed.
    pub may_analyze: bool,
}

/// A plan, and what the server says of its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// The plan.
    pub explained: Explained,
    /// The catalog, or why it is not known.
    pub consulted: Known<Consulted>,
}

/// What came of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// What a run would do.
    Preview(Preview),
    /// A plan; its text is where pastes are.
    Ran(Explained),
    /// No plan, and why.
    Not(NotExplained),
    /// The person may not, or pgdeck is not reached.
    Broken(ApiError),
}

/// What a form brought to the server, and what came of it: handed on in the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The form as it was filled in.
    pub sheet: Sheet,
    /// Whether there was one.
    pub sent: bool,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Why the catalog of the chosen server is not known.
    pub unread: Option<String>,
}

access! { "/api/explain_servers" Any(Explain) }

/// The servers a person may run EXPLAIN on.
#[server(prefix = "/api", endpoint = "explain_servers", output = model::wire::Json)]
pub async fn read_choices() -> Result<Choices, ApiError> {
    use crate::auth;
    let who = auth::require(model::Permission::Explain, None)?;
    Ok(server::choices(&auth::engine()?, &who))
}

access! { "/api/explain_preview" OnServer(Explain) }

/// What a run would do; nothing is sent to the watched server. The answer names the run.
#[server(prefix = "/api", endpoint = "explain_preview", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_preview(sheet: Sheet) -> Result<Asked<Preview>, ApiError> {
    use crate::auth;
    let who = auth::require(model::Permission::Explain, Some(&sheet.server_id()))?;
    server::preview(&auth::engine()?, &who, &sheet).await
}

access! { "/api/explain_run" OnServer(Explain) }

/// Explains a statement. When the browser goes away the run is cancelled.
#[server(prefix = "/api", endpoint = "explain_run", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_run(run: RunId, sheet: Sheet) -> Result<Asked<Ran>, ApiError> {
    use crate::auth;
    let who = auth::require(model::Permission::Explain, Some(&sheet.server_id()))?;
    server::run(&auth::engine()?, &who, run, &sheet).await
}

access! { "/api/explain_cancel" OnServer(Explain) }

/// Cancels a run: one's own, or as an administrator.
#[server(prefix = "/api", endpoint = "explain_cancel", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_cancel(server: ServerId, run: RunId) -> Result<Known<Cancelling>, ApiError> {
    use crate::auth;
    let who = auth::require(model::Permission::Explain, Some(&server))?;
    Ok(auth::engine()?.cancel_explain(&run, &who).await)
}

access! { "/api/explain_catalog" OnServer(Explain) }

/// What a server's catalog says of the tables of a plan. Their names are all it is told of the plan.
#[server(prefix = "/api", endpoint = "explain_catalog", input = model::wire::Json, output = model::wire::Json)]
pub async fn explain_catalog(
    server: ServerId,
    database: String,
    tables: Vec<Named>,
) -> Result<Known<Consulted>, ApiError> {
    use crate::auth;
    auth::require(model::Permission::Explain, Some(&server))?;
    Ok(server::consult(&auth::engine()?, &server, &database, &tables).await)
}

/// The servers to choose from, asked once for a page.
#[derive(Clone, Copy)]
pub struct Servers(pub Loaded<Result<Choices, ApiError>>);

impl Servers {
    /// Asks and puts the answer into the context.
    pub fn provide() -> Self {
        let servers = Self(loaded(|| (), |()| read_choices()));
        provide_context(servers);
        servers
    }
}
