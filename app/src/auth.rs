//! Authorisation in server functions: finds the signed-in user and the engine in the request's context.
//! What a user may do is decided by `model::User`.

use engine::Engine;
use leptos::prelude::use_context;
use model::{ApiError, Permission, ServerId, User};

/// The user behind the request, when they hold `permission` (on `server`, where one is named). The
/// first line of every server function.
///
/// Errors: `SignedOut` without a session; otherwise those of [`User::require`].
pub fn require(permission: Permission, server: Option<&ServerId>) -> Result<User, ApiError> {
    let user = use_context::<Option<User>>().flatten().ok_or(ApiError::SignedOut)?;
    user.require(permission, server)?;
    Ok(user)
}

/// The engine of this process.
pub fn engine() -> Result<Engine, ApiError> {
    use_context::<Engine>()
        .ok_or_else(|| ApiError::Internal { incident: "no engine in the request".into() })
}
