//! The configuration as lines for the audit log, without secrets: of a token or password only that there is
//! one.

use super::Config;
use super::HistoryPlace;
use super::file::File;

/// A line for each key that is set, in a fixed order.
pub fn lines(config: &Config, file: &File) -> Vec<String> {
    let mut lines = vec![
        format!("listen = {}", config.listen),
        format!("data_dir = {}", config.data_dir.display()),
        match &config.history {
            Some(HistoryPlace::File(path)) => format!("history = {}", path.display()),
            Some(HistoryPlace::Shared(address)) => format!("history = {address}"),
            None => "history = off".into(),
        },
        format!("explain_analyze = {:?}", config.explain_analyze),
    ];
    let mut add = |key: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{key} = {value}")));
    };
    add("public_url", config.public_url.as_ref().map(ToString::to_string));
    let set = |token: &Option<String>| token.as_ref().map(|_| "set".to_owned());
    add("metrics_token", set(&config.metrics_token));
    add("mark_token", set(&config.mark_token));
    let path =
        |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    add("audit_anchor", path(&config.audit.anchor));
    add("audit_copy", path(&config.audit.copy));
    add("audit_syslog", config.audit.syslog.then(|| "true".into()));
    for server in &config.servers {
        add(&format!("server {}, dsn", server.id), Some(server.dsn.description()));
        let operate = server.operate.as_ref().map(engine::Dsn::description);
        add(&format!("server {}, operate", server.id), operate);
        for (label, value) in &server.labels {
            add(&format!("server {}, label {label}", server.id), Some(value.clone()));
        }
    }
    for (rule, limits) in &file.rules {
        for (limit, value) in limits {
            add(&format!("rule {}, {limit}", rule.get_ref()), Some(value.to_string()));
        }
    }
    lines
}
