//! `pgdeck user add|list|remove`: user accounts on the command line.

use std::io::{BufRead, IsTerminal};

use engine::dsn::Environment;
use model::ServerId;

use super::error::Failure;
use super::{User, UserChange};
use crate::auth::{password, users};
use crate::config;
use crate::database;

/// Changes or lists the users of the data directory. A running pgdeck applies changes at once.
pub async fn user(user: User, env: &Environment) -> Result<(), Failure> {
    let data_dir = config::data_directory(&user.place, env)?;
    if !matches!(user.change, UserChange::Add { .. }) {
        database::require(&data_dir)?;
    }
    let pool = database::open(&data_dir).await?;
    match user.change {
        UserChange::Add { name, roles, servers } => {
            let servers = servers.into_iter().map(ServerId::new).collect();
            let hash = password::hash(&new_password()?).map_err(Failure::failed)?;
            let user = model::User { name, roles, servers };
            users::add(&pool, &user, &hash).await.map_err(failure)?;
            println!("Added {}.", user.name);
        }
        UserChange::List => {
            for user in users::list(&pool).await.map_err(failure)? {
                println!("{}\t{}\t{}", user.name, roles(&user), servers(&user));
            }
        }
        UserChange::Remove { name } => {
            users::remove(&pool, &name).await.map_err(failure)?;
            println!("Removed {name} and ended their sessions.");
        }
    }
    pool.close().await;
    Ok(())
}

fn failure(error: users::UserError) -> Failure {
    match error {
        users::UserError::Database(_) => Failure::failed(format!("{error}.")),
        _ => Failure::usage(format!("{error}.")),
    }
}

fn roles(user: &model::User) -> String {
    user.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",")
}

fn servers(user: &model::User) -> String {
    if user.servers.is_empty() {
        return "all servers".into();
    }
    user.servers.iter().map(ServerId::as_str).collect::<Vec<_>>().join(",")
}

/// From the terminal without echo, or the first line of standard input.
fn new_password() -> Result<String, Failure> {
    let read = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map_err(|error| Failure::failed(format!("the password cannot be read: {error}.")))
    };
    let password = if std::io::stdin().is_terminal() {
        let first = read("Password: ")?;
        if read("Again: ")? != first {
            return Err(Failure::usage("the two passwords differ; try again."));
        }
        first
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(Failure::failed)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if password.chars().count() < password::MIN_LENGTH {
        return Err(Failure::usage(format!(
            "the password has fewer than {} characters; choose a longer one.",
            password::MIN_LENGTH
        )));
    }
    Ok(password)
}
