//! Server function of the section: read what shared buffers hold.

use leptos::prelude::*;
use model::buffer_cache::Detail;
use model::{ApiError, ServerId};

use super::Outcome;
use crate::routes::access;

access! { "/api/buffer_cache" OnServer(Explain) }

/// Reads what shared buffers hold, which asks the server; ended when the request is given up.
#[server(prefix = "/api", endpoint = "buffer_cache", output = model::wire::Json)]
pub async fn read_buffer_cache(
    server: ServerId,
    database: String,
    detail: Detail,
) -> Result<Outcome, ApiError> {
    use crate::auth;
    auth::require(model::Permission::Explain, Some(&server))?;
    Ok(auth::engine()?.buffer_cache(&server, database.trim(), detail).await)
}
