//! Settings: of the server, and of roles and databases. What may hold a secret has no value here.

use std::collections::BTreeMap;

use model::EventKind;
use model::identifier::quote_ident;

use super::memory::{Look, Setting, replace};
use super::rows::{RoleSettingRow, SettingRow};

/// The longest value that is shown, bytes.
const SHOWN_BYTES: usize = 1_000;
/// Extensions whose settings are known to hold no secret; `setting_values.14.sql` says the same.
const OPEN_PREFIXES: [&str; 3] = ["pg_stat_statements.", "auto_explain.", "plpgsql."];

impl Look<'_> {
    /// Compares the settings; None is what could not be read.
    pub fn settings(
        &mut self,
        settings: Option<Vec<SettingRow>>,
        role_settings: Option<Vec<RoleSettingRow>>,
    ) {
        if let Some(rows) = settings {
            self.of_server(rows);
        }
        if let Some(rows) = role_settings {
            let now: BTreeMap<String, Setting> = rows.iter().filter_map(of_role).collect();
            let before = replace(&mut self.memory.role_settings, self.now_ms, now.clone());
            if let Some((since_ms, before)) = before {
                let lines = role_lines(&before, &now);
                self.tell(EventKind::Setting, (Some(since_ms), self.now_ms), lines);
            }
        }
    }

    fn of_server(&mut self, rows: Vec<SettingRow>) {
        let setting = |row: SettingRow| {
            let setting =
                Setting { shown: row.value, hash: row.hash, pending_restart: row.pending_restart };
            (row.name, setting)
        };
        let now: BTreeMap<String, Setting> = rows.into_iter().map(setting).collect();
        let before = replace(&mut self.memory.settings, self.now_ms, now.clone());
        let Some((since_ms, before)) = before else { return };
        let lines: Vec<String> = now
            .iter()
            .filter_map(|(name, now)| Some((name, before.get(name)?, now)))
            .flat_map(|(name, before, now)| server_lines(name, before, now))
            .collect();
        // They take effect when the configuration is read.
        let loaded_ms = self.server.loaded_ms;
        let at = match self.is_after(loaded_ms, since_ms) {
            true => (None, self.ours(loaded_ms)),
            false => (Some(since_ms), self.now_ms),
        };
        // What a session does not show for a while, because a pooler's client has set it, is not forgotten.
        let kept = before.into_iter().filter(|(name, _)| !now.contains_key(name));
        let mut all: BTreeMap<String, Setting> = kept.collect();
        all.extend(now);
        let _ = replace(&mut self.memory.settings, self.now_ms, all);
        self.tell(EventKind::Setting, at, lines);
    }
}

fn server_lines(name: &str, before: &Setting, now: &Setting) -> Vec<String> {
    let mut lines = Vec::new();
    if now.pending_restart && !before.pending_restart {
        lines.push(format!("{name} was changed in the configuration and waits for a restart"));
    }
    match (&before.shown, &now.shown) {
        (Some(was), Some(is)) if was != is => {
            lines.push(format!("{name}: {} → {}", value(was), value(is)));
        }
        (Some(_), Some(_)) => {}
        _ if before.hash != now.hash => lines.push(format!("{name} was changed")),
        _ => {}
    }
    lines
}

fn value(text: &str) -> &str {
    if text.is_empty() { "''" } else { text }
}

fn may_be_secret(name: &str) -> bool {
    name.contains('.') && !OPEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Its name with whose it is, and its value.
fn of_role(row: &RoleSettingRow) -> Option<(String, Setting)> {
    let (name, text) = row.entry.split_once('=')?;
    let role = row.role.as_ref().map(|role| format!(" of role {}", quote_ident(role)));
    let database = row.database.as_ref().map(|name| format!(" in database {}", quote_ident(name)));
    let key = format!("{name}{}{}", role.unwrap_or_default(), database.unwrap_or_default());
    let is_shown = !may_be_secret(name) && text.len() <= SHOWN_BYTES;
    let setting = Setting {
        shown: is_shown.then(|| text.to_owned()),
        hash: Some(short_hash(text)),
        pending_restart: false,
    };
    Some((key, setting))
}

fn role_lines(before: &BTreeMap<String, Setting>, now: &BTreeMap<String, Setting>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, now) in now {
        match (before.get(name), &now.shown) {
            (Some(before), _) => lines.extend(server_lines(name, before, now)),
            (None, Some(is)) => lines.push(format!("{name}: set to {}", value(is))),
            (None, None) => lines.push(format!("{name} was set")),
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    lines.extend(gone.map(|name| format!("{name} is no longer set")));
    lines
}

/// 16 bits of FNV-1a: enough to see a change, too little to guess a secret by.
fn short_hash(text: &str) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash & 0xffff) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_neither_kept_nor_told() {
        let row = |entry: &str| RoleSettingRow {
            database: Some("a b".into()),
            role: None,
            entry: entry.into(),
        };
        let (key, before) = of_role(&row("app.jwt_secret=hunter2")).unwrap();
        let (_, now) = of_role(&row("app.jwt_secret=hunter3")).unwrap();
        assert_eq!((key.as_str(), &now.shown), ("app.jwt_secret in database \"a b\"", &None));
        assert_eq!(server_lines(&key, &before, &now), [format!("{key} was changed")]);
        let (key, now) = of_role(&row("work_mem=64MB")).unwrap();
        let lines = role_lines(&BTreeMap::new(), &BTreeMap::from([(key, now)]));
        assert_eq!(lines, ["work_mem in database \"a b\": set to 64MB"]);
    }
}
