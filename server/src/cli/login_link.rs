//! `pgdeck login-link`: asks the running pgdeck for a new sign-in link, at its control socket.

use engine::dsn::Environment;

use super::LoginLink;
use super::ask::control;
use super::error::Failure;
use crate::config;
use crate::control::{LINK, REQUEST};

/// Prints a link that works once.
pub async fn login_link(ask: &LoginLink, env: &Environment) -> Result<(), Failure> {
    let data_dir = config::data_directory(&ask.place, env)?;
    let request = match &ask.user {
        Some(user) => format!("{REQUEST} {user}\n"),
        None => format!("{REQUEST}\n"),
    };
    let said = control(&data_dir, ask.port, &request).await?;
    match said.split_once(LINK) {
        Some(("", link)) => {
            println!("Open {link}");
            Ok(())
        }
        _ => Err(Failure::usage(said)),
    }
}
