//! A form that was sent without JavaScript.

use engine::Engine;
use model::buffer_cache::Detail;
use model::{ApiError, Permission, ServerId, User};

use super::Outcome;

/// What came of a form that was sent without JavaScript, in the context of its page.
#[derive(Clone, Debug)]
pub struct CacheForm(pub Outcome);

/// Reads what the fields of a form ask for.
///
/// Errors: no such detail.
pub async fn submit_cache(
    engine: &Engine,
    user: &User,
    server: &ServerId,
    pairs: &[(String, String)],
) -> Result<CacheForm, ApiError> {
    user.require(Permission::Explain, Some(server))?;
    let field = |name: &str| {
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    };
    let message = "Shared buffers are read by relation, or as sums.".to_owned();
    let detail: Detail =
        field("detail").parse().map_err(|_| ApiError::Declined { message, remedy: None })?;
    Ok(CacheForm(engine.buffer_cache(server, field("database"), detail).await))
}
