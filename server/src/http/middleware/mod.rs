//! Middleware, outermost first: security headers, same origin, authentication, traffic, form tokens.

pub mod authenticate;
pub mod form_token;
pub mod same_origin;
pub mod security_headers;
pub mod traffic;
