//! Server functions of the page: what there is to plan, look for indexes, try changes.

use leptos::prelude::*;
use model::statements::Question;
use model::what_if::Asked;
use model::{ApiError, ServerId};

use super::start::{Found, SuggestionsStart, Tried};
use crate::routes::access;

access! { "/api/suggestions" OnServer(Explain) }

/// The databases and how many statements there are to plan. Asks the server nothing.
#[server(prefix = "/api", endpoint = "suggestions", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_suggestions(
    server: ServerId,
    question: Question,
) -> Result<SuggestionsStart, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    let engine = auth::engine()?;
    let sent = use_context::<super::submit::SuggestionsForm>();
    super::submit::start(&engine, &user, &server, &question, sent).await
}

access! { "/api/suggest_indexes" OnServer(Explain) }

/// Looks for indexes for the costliest statements of the window.
#[server(prefix = "/api", endpoint = "suggest_indexes", input = model::wire::Json, output = model::wire::Json)]
pub async fn suggest_indexes(server: ServerId, question: Question) -> Result<Found, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    let explainer = crate::Explainer::of_request()?;
    super::submit::suggest(&explainer, &user, &server, &question).await
}

access! { "/api/what_if" OnServer(Explain) }

/// Tries changes on hypothetical indexes.
#[server(prefix = "/api", endpoint = "what_if", input = model::wire::Json, output = model::wire::Json)]
pub async fn try_changes(
    server: ServerId,
    question: Question,
    asked: Asked,
) -> Result<Tried, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    let explainer = crate::Explainer::of_request()?;
    super::submit::what_if(&explainer, &user, &server, (&question, &asked)).await
}
