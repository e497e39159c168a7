//! Middleware, outermost first: security headers, same origin, authentication.

pub mod authenticate;
pub mod same_origin;
pub mod security_headers;
