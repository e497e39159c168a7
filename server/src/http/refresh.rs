//! `POST /s/{server}/refresh`: asks a server for new readings now, and leads back to the page that asked.

use std::time::Instant;

use app::links;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Permission, ServerId};

use super::middleware::authenticate::CurrentUser;
use super::response;
use super::state::AppState;

/// The path.
pub const PATH: &str = "/s/{server}/refresh";
/// Times a minute for one server, whoever asks: its load does not grow with the number of people who watch.
pub const MOST_A_MINUTE: usize = 6;

/// Asks, and redirects to the page in the field `to`.
pub async fn refresh(
    State(state): State<AppState>,
    current: CurrentUser,
    Path(server): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let server = ServerId::new(server);
    if let Err(error) = current.require(Permission::See, Some(&server)) {
        return response::plain_error(app::status(&error), &error.to_string());
    }
    if !state.0.refresh_limiter.allows(&[server.to_string()], Instant::now()) {
        return response::plain_error(
            StatusCode::TOO_MANY_REQUESTS,
            "This server was asked for new readings too often within a minute; they come by themselves.",
        );
    }
    if !state.0.engine.refresh(&server) {
        return response::plain_error(StatusCode::NOT_FOUND, "There is no such server.");
    }
    let to = pairs.iter().find(|(name, _)| name == "to").map(|(_, to)| to.as_str());
    response::see_other(&page_of(&server, to.unwrap_or_default()))
}

/// A page of that server; its overview where the form names another address.
fn page_of(server: &ServerId, to: &str) -> String {
    let overview = links::overview(server);
    if to.starts_with(&overview) { to.to_owned() } else { overview }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_server_are_led_back_to() {
        let server = ServerId::new("a b");
        let page = "/s/a%20b/tables?q=x";
        assert_eq!(page_of(&server, page), page);
        for other in ["", "/audit", "https://example.org", "//example.org", "/s/other/tables"] {
            assert_eq!(page_of(&server, other), "/s/a%20b/", "{other}");
        }
    }
}
