//! Who may see what: the first line of every server function. Knows rights, never readings.

use engine::Engine;
use leptos::prelude::use_context;
use model::{ApiError, Right, ServerId, Who};

/// The person behind the request, when they hold `right` (on `server`, where one is named).
///
/// Errors: `SignedOut` without a session; `NotFound` for a server they may not see, so that its
/// name is not given away; `Forbidden` when only the right is missing.
pub fn require(right: Right, server: Option<&ServerId>) -> Result<Who, ApiError> {
    allowed(use_context::<Option<Who>>().flatten().as_ref(), right, server)
}

/// The same for a request that is no server function.
pub fn allowed(
    who: Option<&Who>,
    right: Right,
    server: Option<&ServerId>,
) -> Result<Who, ApiError> {
    let who = who.ok_or(ApiError::SignedOut)?;
    allow(who, right, server)?;
    Ok(who.clone())
}

/// The same for a person who is known already.
pub fn allow(who: &Who, right: Right, server: Option<&ServerId>) -> Result<(), ApiError> {
    let sees = server.is_none_or(|server| who.may_on(Right::See, server));
    if !sees {
        return Err(ApiError::NotFound);
    }
    if who.may(right) { Ok(()) } else { Err(ApiError::Forbidden { needs: needs(right) }) }
}

/// Whether the person behind the request may see the text of statements on `server`.
pub fn sees_query_text(who: &Who, server: &ServerId) -> bool {
    who.may_on(Right::QueryText, server)
}

/// The engine of this process.
pub fn engine() -> Result<Engine, ApiError> {
    use_context::<Engine>()
        .ok_or_else(|| ApiError::Internal { incident: "no engine in the request".into() })
}

fn needs(right: Right) -> String {
    let roles: Vec<&str> = model::Role::ALL
        .into_iter()
        .filter(|role| role.grants(right))
        .map(model::Role::word)
        .collect();
    format!("one of the roles {}", roles.join(", "))
}
