//! The HTTP server (axum): routes, middleware, server-side rendering, the event stream, metrics, assets.

mod activity;
pub mod assets;
pub mod body_limits;
pub mod connections;
mod door;
pub mod events;
pub mod form_types;
mod forms;
pub mod marks;
pub mod metrics;
pub mod middleware;
pub mod origins;
pub mod refresh;
pub mod response;
pub mod routes;
pub mod server;
mod sign_in;
pub mod ssr;
pub mod state;
mod traffic;
