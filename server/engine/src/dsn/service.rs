//! The connection service file `pg_service.conf`: named sets of connection parameters.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::DsnError;

/// The pairs of the service `name`, from PGSERVICEFILE or ~/.pg_service.conf, then from the
/// system's file in PGSYSCONFDIR.
pub(super) fn pairs(name: &str, env: &Environment) -> Result<Vec<(String, String)>, DsnError> {
    let own = env
        .var("PGSERVICEFILE")
        .map(PathBuf::from)
        .or_else(|| Some(env.home.as_ref()?.join(".pg_service.conf")));
    let system = env.var("PGSYSCONFDIR").map(|dir| PathBuf::from(dir).join("pg_service.conf"));
    let paths: Vec<PathBuf> = own.into_iter().chain(system).collect();
    for path in &paths {
        let Ok(file) = env.files.read(path) else { continue };
        if let Some(pairs) = section(&file.text, name, &path.display().to_string())? {
            return Ok(pairs);
        }
    }
    let looked: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Err(DsnError::new(format!(
        "The service {name:?} is not defined in {}; add a section [{name}] there or set PGSERVICEFILE.",
        if looked.is_empty() { "any file".into() } else { looked.join(" or ") }
    )))
}

fn section(text: &str, name: &str, path: &str) -> Result<Option<Vec<(String, String)>>, DsnError> {
    let mut inside = false;
    let mut found = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            inside = title.trim_end_matches(']') == name;
            if inside {
                found = Some(Vec::new());
            }
        } else if inside {
            let wrong = |message: &str| {
                DsnError::new(format!("Line {} of {path} {message}; correct it.", index + 1))
            };
            let (key, value) = line.split_once('=').ok_or_else(|| wrong("has no ="))?;
            if key.trim() == "service" {
                return Err(wrong("names another service, which is not allowed inside one"));
            }
            if let Some(pairs) = &mut found {
                pairs.push((key.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# comment\n[other]\nhost=no\n\n[shop]\nhost = db1\nport=6432\n[last]\nuser=no\n";

    #[test]
    fn only_the_named_section_is_read() {
        let pairs = section(TEXT, "shop", "f").unwrap().unwrap();
        assert_eq!(pairs, [("host".into(), "db1".into()), ("port".into(), "6432".into())]);
        assert_eq!(section(TEXT, "absent", "f").unwrap(), None);
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = section("[a]\nhost", "a", "file").unwrap_err().to_string();
        assert!(error.contains("Line 2 of file"), "{error}");
    }
}
