//! Scenarios of the advice lab, a file each in `server/playground/lab`: a schema with data, a statement,
//! what is wrong with it, and what else is run there.
//!
//! A file begins with `-- cause:`, the rules of which one has to come first (`nothing` for a healthy plan);
//! `-- offers:`, a statement that has to be offered (`nothing`: none); `-- since:`, the oldest major;
//! `-- limit:`, a limit of a rule that is set lower so that little data is enough. What makes the schema
//! follows; after a line `-- statement` the statement, after `-- workload` what else is run, after
//! `-- rewritten` the statement as a reader writes it who follows words. Statements end with a semicolon at
//! the end of a line.

use std::path::{Path, PathBuf};

use crate::Error;

/// One file of the lab.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// The file's name without its ending.
    pub name: String,
    /// The rules of which one has to come first; none for a healthy plan.
    pub causes: Vec<String>,
    /// What has to be among the statements offered; `nothing` if none may be.
    pub offers: Option<String>,
    /// The oldest major on which it is one.
    pub since: u16,
    /// Limits of rules: rule, limit, value.
    pub limits: Vec<(String, String, f64)>,
    /// What makes schema and data.
    pub setup: Vec<String>,
    /// The statement that is judged.
    pub statement: String,
    /// What else is run.
    pub workload: Vec<String>,
    /// The statement as someone writes it who follows the words of the advice.
    pub rewritten: Option<String>,
}

/// All scenarios by name. Errors name the file that is not understood.
pub fn scenarios() -> Result<Vec<Scenario>, Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("lab");
    let entries = std::fs::read_dir(&folder).map_err(Error::file("read", &folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "sql"));
    paths.sort();
    paths.iter().map(|path| scenario(path)).collect()
}

/// A workload of `server/playground/workloads` by name: what makes schema and data, and its statements with
/// parameters, as pg_stat_statements keeps them. Errors when there is none of that name.
pub fn workload(name: &str) -> Result<Scenario, Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("workloads");
    let path = folder.join(format!("{name}.sql"));
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    Ok(read(name, &text))
}

fn scenario(path: &Path) -> Result<Scenario, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let found = read(&name, &text);
    let complete = text.starts_with("-- cause: ") && !found.statement.is_empty();
    let wrong = || Error::Unknown(format!("{} has no cause or no statement", path.display()));
    complete.then_some(found).ok_or_else(wrong)
}

fn read(name: &str, text: &str) -> Scenario {
    let mut found = Scenario { name: name.to_owned(), ..Scenario::default() };
    let (mut section, mut open) = ("", String::new());
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("-- ") {
            match comment.split_once(": ") {
                Some((key, value)) => found.header(key, value),
                None => section = comment,
            }
            continue;
        }
        open.push_str(line);
        if let Some(whole) = open.strip_suffix(';') {
            let statement = whole.trim().to_owned();
            match section {
                "statement" => found.statement = statement,
                "workload" => found.workload.push(statement),
                "rewritten" => found.rewritten = Some(statement),
                _ => found.setup.push(statement),
            }
            open.clear();
        } else {
            open.push('\n');
        }
    }
    found
}

impl Scenario {
    fn header(&mut self, key: &str, value: &str) {
        match key {
            "cause" => {
                let causes = value.split(", ").filter(|cause| *cause != "nothing");
                self.causes = causes.map(str::to_owned).collect();
            }
            "offers" => self.offers = Some(value.to_owned()),
            "since" => self.since = value.parse().unwrap_or(0),
            "limit" => {
                let words: Vec<&str> = value.split(' ').collect();
                if let [rule, limit, number] = words.as_slice() {
                    let number = number.parse().unwrap_or(0.0);
                    self.limits.push(((*rule).to_owned(), (*limit).to_owned(), number));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_understood() {
        let all = scenarios().unwrap_or_default();
        let healthy = all.iter().filter(|one| one.causes.is_empty()).count();
        assert!(healthy >= 20, "{healthy} healthy plans");
        assert!(all.len() - healthy >= 60, "{} scenarios", all.len() - healthy);
    }

    #[test]
    fn sections_and_headers_are_read() {
        let text = "-- cause: a, b\n-- limit: a.rule least 2.5\ncreate table t (\n  a int);\nanalyze;\n\n-- statement\nselect 1;\n-- workload\nselect 2;\nselect 3;\n";
        let one = read("x", text);
        assert_eq!(one.causes, ["a", "b"]);
        assert_eq!(one.setup, ["create table t (\n  a int)", "analyze"]);
        assert_eq!((one.statement.as_str(), one.workload.len()), ("select 1", 2));
        assert_eq!(one.limits, [("a.rule".into(), "least".into(), 2.5)]);
    }
}
