//! SIGHUP: the configuration is read again. Servers, limits of rules, tokens and `explain_analyze` change at once,
//! what cannot is named, and a configuration with an error changes nothing.

use std::io::IsTerminal;
use std::sync::{Arc, PoisonError};

use engine::dsn::Environment;
use engine::reload::Reloaded;
use tokio::sync::Notify;

use crate::cli::Serve;
use crate::cli::error::Failure;
use crate::config::{self, Config, ExplainAnalyze};
use crate::http::state::{AppState, Tokens};

/// Keys that need a restart, as `server/src/config/description.rs` writes them: the listener, the files that
/// are open, and what sessions and links were issued for.
const FIXED: [&str; 7] =
    ["listen", "data_dir", "history", "public_url", "audit_anchor", "audit_copy", "audit_syslog"];

/// Tells a closed terminal, which ends what was started in it, from a wish to reload.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    had: bool,
}

impl Terminal {
    /// As it is at start.
    pub fn at_start() -> Self {
        Self { had: std::io::stdin().is_terminal() }
    }

    /// Whether there was one, and it is gone.
    pub fn is_closed(self) -> bool {
        self.had && !std::io::stdin().is_terminal()
    }
}

/// Reads the configuration of `serve` again each time somebody asks, until it is aborted.
pub async fn reload_when_asked(
    state: AppState,
    serve: Serve,
    mut in_force: Vec<String>,
    asked: Arc<Notify>,
) {
    loop {
        asked.notified().await;
        if *state.0.stopping.borrow() {
            return;
        }
        match config::load(&serve, &Environment::of_process()) {
            Ok(config) => in_force = apply(&state, config, &in_force).await,
            Err(failure) => keep(&failure),
        }
    }
}

fn keep(failure: &Failure) {
    tracing::error!("the configuration stays as it was: {failure}");
}

/// Applies what can change; gives what is in force then, as lines without secrets.
async fn apply(state: &AppState, config: Config, before: &[String]) -> Vec<String> {
    let (in_force, fixed) = merged(before, &config.description);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let tokens = Tokens { metrics: config.metrics_token, mark: config.mark_token };
    *state.0.tokens.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    let superuser = config.explain_analyze == ExplainAnalyze::AllowSuperuser;
    let engine = &state.0.engine;
    let reloaded = match engine.recording() {
        Some(_) => Reloaded::default(),
        None => engine.reload(config.servers, config.limits, superuser).await,
    };
    if reloaded.is_other() {
        // Pages open their streams again, of the servers that there are by then.
        state.0.reloaded.send_modify(|times| *times = times.wrapping_add(1));
    }
    // At this level it is in the log by default: it is the only answer to a signal.
    tracing::warn!(
        "the configuration was read again: {}",
        message(&reloaded, before, &in_force, &fixed)
    );
    let audit = state.0.actions.audit();
    if let Err(error) = audit.record_configuration(&in_force, "on SIGHUP").await {
        tracing::error!(%error, "the configuration could not be recorded in the audit log");
    }
    in_force
}

/// The lines in force after a reload, and the keys that would need a restart to change.
fn merged(before: &[String], now: &[String]) -> (Vec<String>, Vec<&'static str>) {
    let line = |lines: &[String], key: &str| {
        let is_of = |line: &&String| line.split(" = ").next() == Some(key);
        lines.iter().find(is_of).cloned()
    };
    let is_fixed = |line: &&String| {
        let key = line.split(" = ").next().unwrap_or_default();
        FIXED.contains(&key)
    };
    let kept = before.iter().filter(is_fixed);
    let new = now.iter().filter(|line| !is_fixed(line));
    let differs = |key: &&str| line(before, key) != line(now, key);
    (kept.chain(new).cloned().collect(), FIXED.into_iter().filter(differs).collect())
}

/// What has changed and what has not, as one line.
fn message(reloaded: &Reloaded, before: &[String], now: &[String], fixed: &[&str]) -> String {
    let mut said = Vec::new();
    for (what, servers) in [
        ("new", &reloaded.added),
        ("changed and connected anew", &reloaded.changed),
        ("no longer watched", &reloaded.removed),
    ] {
        if !servers.is_empty() {
            let names: Vec<&str> = servers.iter().map(model::ServerId::as_str).collect();
            said.push(format!("{what}: {}", names.join(", ")));
        }
    }
    if reloaded.limits {
        said.push("the limits of rules have changed".into());
    }
    if said.is_empty() {
        let same = before == now;
        said.push(if same { "nothing has changed" } else { "it is in force" }.into());
    }
    if !fixed.is_empty() {
        said.push(format!("only a restart changes {}", fixed.join(", ")));
    }
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use model::ServerId;

    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn what_needs_a_restart_stays_in_force_and_is_named() {
        let before = lines(&["listen = 127.0.0.1:1", "history = /a", "mark_token = set"]);
        let now = lines(&["listen = 127.0.0.1:2", "history = /a", "public_url = https://a/"]);
        let (in_force, fixed) = merged(&before, &now);
        assert_eq!(in_force, lines(&["listen = 127.0.0.1:1", "history = /a"]));
        assert_eq!(fixed, ["listen", "public_url"]);
        let said = message(&Reloaded::default(), &before, &in_force, &fixed);
        assert_eq!(said, "it is in force; only a restart changes listen, public_url");
        let reloaded =
            Reloaded { added: vec![ServerId::new("a")], limits: true, ..Reloaded::default() };
        let said = message(&reloaded, &before, &before, &[]);
        assert_eq!(said, "new: a; the limits of rules have changed");
        assert_eq!(message(&Reloaded::default(), &before, &before, &[]), "nothing has changed");
    }
}
