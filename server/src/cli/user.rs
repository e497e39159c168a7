//! `pgdeck user add|list|remove`: user accounts on the command line.

use std::io::{BufRead, IsTerminal};

use engine::dsn::Environment;
use model::ServerId;
use model::action::{Done, Outcome};

use super::error::Failure;
use super::{User, UserChange};
use crate::audit::Audit;
use crate::audit::changes::Change;
use crate::auth::{LOCAL, password, users};
use crate::config;
use crate::database;

/// Changes or lists the users of the data directory. A running pgdeck applies changes at once.
pub async fn user(user: User, env: &Environment) -> Result<(), Failure> {
    let data_dir = config::data_directory(&user.place, env)?;
    if !matches!(user.change, UserChange::Add { .. }) {
        database::require(&data_dir)?;
    }
    let pool = database::open(&data_dir).await?;
    let places = config::audit_places(&user.place, env)?;
    match user.change {
        UserChange::Add { name, roles, servers } => {
            let servers = servers.into_iter().map(ServerId::new).collect();
            let hash = password::hash(&new_password()?).map_err(Failure::failed)?;
            let user = model::User { name, roles, servers };
            let granted = format!("roles {}; {}", roles_of(&user), servers_of(&user));
            let log = Audit::open(&data_dir, &places).await?;
            let recorded = Recorded::before(&log, "add user", &user.name, &granted).await?;
            recorded.after(users::add(&pool, &user, &hash).await).await?;
            println!("Added {}.", user.name);
        }
        UserChange::List => {
            for user in users::list(&pool).await.map_err(failure)? {
                println!("{}\t{}\t{}", user.name, roles_of(&user), servers_of(&user));
            }
        }
        UserChange::Remove { name } => {
            let log = Audit::open(&data_dir, &places).await?;
            let recorded = Recorded::before(&log, "remove user", &name, "").await?;
            recorded.after(users::remove(&pool, &name).await).await?;
            println!("Removed {name} and ended their sessions.");
        }
    }
    pool.close().await;
    Ok(())
}

/// A change of users whose record is on disk before it is made.
struct Recorded<'a> {
    log: &'a Audit,
    record: i64,
    name: &'a str,
}

impl<'a> Recorded<'a> {
    async fn before(
        log: &'a Audit,
        action: &str,
        name: &'a str,
        touched: &str,
    ) -> Result<Self, Failure> {
        let change = Change { who: LOCAL, action, object: name, touched, result: Ok("") };
        let record = log.record_request(&change.request(&ServerId::new(""))).await;
        let record = record.map_err(|error| {
            Failure::failed(format!(
                "the audit log cannot be written, so nothing was changed: {error}."
            ))
        })?;
        Ok(Self { log, record, name })
    }

    async fn after(self, result: Result<(), users::UserError>) -> Result<(), Failure> {
        let (outcome, message) = match &result {
            Ok(()) => (Outcome::Worked, "Done.".to_owned()),
            Err(error) => (Outcome::Refused, format!("{error}.")),
        };
        let done = Done { object: self.name.into(), outcome, message, took_ms: None };
        if let Err(error) = self.log.record_outcome(self.record, &done).await {
            tracing::error!(%error, "the result could not be recorded in the audit log");
        }
        self.log.close().await;
        result.map_err(failure)
    }
}

fn failure(error: users::UserError) -> Failure {
    match error {
        users::UserError::Database(_) => Failure::failed(format!("{error}.")),
        _ => Failure::usage(format!("{error}.")),
    }
}

fn roles_of(user: &model::User) -> String {
    user.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",")
}

fn servers_of(user: &model::User) -> String {
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
