//! Secrets that others on the machine can read are told of, as a password file is. They are used all the same:
//! whoever runs pgdeck may have set a mode on purpose, such as for a group.

use std::path::Path;

use engine::Dsn;
use engine::dsn::Environment;

use super::file::File;
use crate::cli::Serve;

/// A sentence for each secret that others can read. No value is repeated.
pub fn warnings(serve: &Serve, file: &File, env: &Environment) -> Vec<String> {
    let mut warnings = Vec::new();
    if serve.dsns.iter().any(|dsn| Dsn::holds_password(dsn)) {
        warnings.push("a DSN of the command line holds a password, which the list of processes shows; put it into ~/.pgpass, or the DSN into a file (dsn_file)".to_owned());
    }
    let configuration = serve.place.config.as_deref().filter(|_| holds_secret(file));
    let dsns = file.servers.iter().flat_map(|server| [&server.dsn_file, &server.operate_file]);
    let dsns = dsns.flatten().map(|path| path.as_path());
    let tokens = [&file.metrics_token_file, &file.mark_token_file].into_iter().flatten();
    let tokens = tokens.map(|path| path.as_path());
    let by_variables =
        env.vars.iter().filter(|(name, _)| name.starts_with("PGDECK_") && name.ends_with("_FILE"));
    let (of_tokens, of_dsns): (Vec<_>, Vec<_>) =
        by_variables.partition(|(name, _)| name.ends_with("_TOKEN_FILE"));
    let dsns = dsns.chain(of_dsns.iter().map(|(_, path)| Path::new(path)));
    let tokens = tokens.chain(of_tokens.iter().map(|(_, path)| Path::new(path)));
    let secret =
        configuration.into_iter().chain(dsns.filter(|path| holds_password(path))).chain(tokens);
    let readable = secret.filter(|path| is_readable_by_others(path));
    warnings.extend(readable.map(|path| {
        let path = path.display();
        format!("the file {path} holds a secret and others can read it; run chmod 0600 on it")
    }));
    warnings
}

fn holds_secret(file: &File) -> bool {
    let dsns = file.servers.iter().flat_map(|server| [&server.dsn, &server.operate]);
    let mut texts = dsns.chain([&file.history]).flatten();
    let has_token = file.metrics_token.is_some() || file.mark_token.is_some();
    has_token || texts.any(|text| Dsn::holds_password(text))
}

fn holds_password(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| Dsn::holds_password(&text))
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_path: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_others_can_read_is_told_of_unless_it_holds_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let said = |config: &str, mode: u32, dsns: &[&str]| {
            let path = place("pgdeck.toml", config, mode);
            let file = super::super::file::read(Some(&path)).unwrap();
            let mut serve = Serve {
                dsns: dsns.iter().map(|dsn| (*dsn).to_owned()).collect(),
                ..Serve::default()
            };
            serve.place.config = Some(path);
            let mut env = Environment::empty();
            let token = folder.path().join("token").display().to_string();
            env.vars.insert("PGDECK_MARK_TOKEN_FILE".into(), token);
            warnings(&serve, &file, &env)
        };
        place("token", "S3cret", 0o600);
        let dsn = place("dsn", "postgres://joe:S3cret@db/x", 0o640).display().to_string();
        let plain = place("plain", "postgres://joe@db/x", 0o644).display().to_string();
        let of = |key: &str, value: &str| format!("[[servers]]\nname = \"a\"\n{key} = {value:?}\n");
        for (config, mode, dsns, count) in [
            (of("dsn", "postgres://joe:S3cret@db/x"), 0o644, &[][..], 1),
            (of("dsn", "postgres://joe:S3cret@db/x"), 0o600, &[], 0),
            (of("dsn", "postgres://joe@db/x"), 0o644, &[], 0),
            (of("operate", "password=S3cret"), 0o604, &[], 1),
            ("metrics_token = \"S3cret\"".to_owned(), 0o640, &[], 1),
            ("history = \"postgres://joe:S3cret@db/x\"".to_owned(), 0o640, &[], 1),
            (of("dsn_file", &dsn), 0o644, &[], 1),
            (of("dsn_file", &plain), 0o644, &[], 0),
            (String::new(), 0o644, &["postgres://joe:S3cret@db/x"], 1),
            (String::new(), 0o644, &["postgres://joe@db/x"], 0),
        ] {
            let said = said(&config, mode, dsns);
            assert_eq!(said.len(), count, "{config} {mode:o} {dsns:?}: {said:?}");
            assert!(!said.concat().contains("S3cret"), "{said:?}");
        }
        place("token", "S3cret", 0o644);
        assert_eq!(said("", 0o600, &[]).len(), 1);
    }
}
