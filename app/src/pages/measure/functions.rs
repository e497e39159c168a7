//! Server functions of the page: what can be measured, measure, how far it is, end it.

use leptos::prelude::*;
use model::measure::{Progress, Request, Target};
use model::{ApiError, ServerId};

use super::start::{MeasureStart, Outcome};
use crate::routes::access;

access! { "/api/measure_offers" OnServer(Explain) }

/// What can be measured of the table or index in the address, which asks the server.
#[server(prefix = "/api", endpoint = "measure_offers", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_measure(server: ServerId, target: Target) -> Result<MeasureStart, ApiError> {
    use crate::auth;
    auth::require(model::Permission::Explain, Some(&server))?;
    let engine = auth::engine()?;
    let sent = use_context::<super::submit::MeasuredForm>();
    super::submit::start(&engine, &server, target, sent).await
}

access! { "/api/measure" OnServer(Explain) }

/// Measures; when the request is given up the measurement is aborted.
#[server(prefix = "/api", endpoint = "measure", input = model::wire::Json, output = model::wire::Json)]
pub async fn measure(server: ServerId, request: Request) -> Result<Outcome, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    Ok(auth::engine()?.measure(&server, &user, request).await)
}

access! { "/api/measure_progress" OnServer(Explain) }

/// How far the measurement under way on a server is.
#[server(prefix = "/api", endpoint = "measure_progress", output = model::wire::Json)]
pub async fn measure_progress(server: ServerId) -> Result<Option<Progress>, ApiError> {
    use crate::auth;
    auth::require(model::Permission::Explain, Some(&server))?;
    Ok(auth::engine()?.measuring(&server))
}

access! { "/api/measure_abort" OnServer(Explain) }

/// Ends the measurement under way; false if there is none, or it is another's.
#[server(prefix = "/api", endpoint = "measure_abort", output = model::wire::Json)]
pub async fn abort_measurement(server: ServerId) -> Result<bool, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    Ok(auth::engine()?.abort_measurement(&server, &user))
}
