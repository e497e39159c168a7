//! The repository's conventions. A convention without a test is a wish; each message says the remedy.

use std::path::{Path, PathBuf};

/// Longest source file, lines: "about 300", with room for one more function.
const LONGEST_FILE: usize = 350;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` whose name ends so, with its text; paths are relative to the root.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir()
                && !["node_modules", "target", "test-results", ".git"].contains(&name.as_str())
            {
                folders.push(path);
            } else if name.ends_with(ending) {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let relative =
                    path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
                found.push((relative, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no {ending} below {folder}: the test looks in the wrong place");
    found
}

fn sources() -> Vec<(String, String)> {
    [files("app", ".rs"), files("server", ".rs")].concat()
}

/// The part of a source file before its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[track_caller]
fn none(faults: Vec<String>, remedy: &str) {
    assert!(faults.is_empty(), "{remedy}\n{}", faults.join("\n"));
}

#[test]
fn source_files_are_short_and_say_what_they_know() {
    let mut long = Vec::new();
    let mut silent = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            long.push(format!("{path}: {lines} lines"));
        }
        if !text.starts_with("//!") {
            silent.push(path);
        }
    }
    none(long, &format!("Split these by responsibility; a file has at most {LONGEST_FILE} lines:"));
    none(silent, "Open these with `//!`: what the file knows and what it never does:");
}

#[test]
fn sql_files_follow_the_form() {
    let mut faults = Vec::new();
    for (path, text) in files("server/engine/src", ".sql") {
        let header: Vec<&str> = text.lines().take(5).collect();
        for (line, key) in header.iter().zip(["rows", "since", "needs", "cost", "docs"]) {
            if !line.starts_with(&format!("-- {key}: ")) {
                faults.push(format!("{path}: the header lacks `-- {key}: …` in its place"));
            }
        }
        let body: String = text.lines().skip(5).collect::<Vec<_>>().join("\n");
        let first = body.split_whitespace().next().unwrap_or_default();
        let acts = path.contains("/actions/") && ["vacuum", "analyze"].contains(&first);
        if !["select", "with", "show"].contains(&first) && !acts {
            faults.push(format!("{path}: begins with {first:?}; only select, with and show read"));
        }
        if body.replace("count(*)", "").contains('*') && body.contains("select *") {
            faults.push(format!("{path}: names no columns; write them out instead of *"));
        }
        if !acts && (!body.contains("order by") || !body.contains("limit ")) {
            faults.push(format!("{path}: an answer is ordered and limited"));
        }
        let outside: String = body.split('\'').step_by(2).collect();
        if outside.chars().any(|c| c.is_ascii_uppercase()) {
            faults.push(format!("{path}: SQL is lower case"));
        }
        for (keyword, next) in body.split_whitespace().zip(body.split_whitespace().skip(1)) {
            let named = next.starts_with("pg_") && ["from", "join"].contains(&keyword);
            if named && !next.starts_with("pg_catalog.") {
                faults.push(format!("{path}: {next} is not qualified with pg_catalog."));
            }
        }
        let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parts: Vec<&str> = name.split('.').collect();
        if parts.len() != 3 || parts.get(1).is_none_or(|floor| floor.parse::<u16>().is_err()) {
            faults.push(format!("{path}: is named <rows>.<floor>.sql"));
        }
    }
    none(faults, "Mend these SQL files (design: SQL files):");
}

#[test]
fn every_sql_file_is_picked() {
    let code: String =
        files("server/engine/src", ".rs").into_iter().map(|(_, text)| text).collect();
    let unused = files("server/engine/src", ".sql").into_iter().filter_map(|(path, _)| {
        let name = Path::new(&path).file_name()?.to_string_lossy().into_owned();
        let rows = name.split('.').next()?.to_owned();
        (!code.contains(&format!("\"{rows}\""))).then_some(path)
    });
    none(
        unused.collect(),
        "Declare these with sql! { } beside the area that reads them, or delete them:",
    );
}

#[test]
fn areas_do_not_import_areas() {
    let folder = root().join("server/engine/src/areas");
    let areas: Vec<String> = std::fs::read_dir(&folder)
        .expect("the areas' folder")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(areas.len() > 3, "found {areas:?}: the test no longer sees the areas");
    let mut faults = Vec::new();
    for (path, text) in files("server/engine/src", ".rs") {
        for area in &areas {
            let own = path.contains(&format!("/areas/{area}/"));
            let named = [format!("areas::{area}"), format!("model::{area}::")];
            if !own && named.iter().any(|name| text.contains(name)) {
                faults.push(format!("{path} names {area}"));
            }
        }
    }
    none(
        faults,
        "Only its own folder names an area: move what two share to engine/src or to model, and give others what they need by a hook of the trait Area; an area can be deleted alone:",
    );
}

#[test]
fn only_connect_opens_connections() {
    let faults = files("server/engine/src", ".rs")
        .into_iter()
        .filter(|(path, text)| {
            !path.contains("src/connection/")
                && ["PgConnection::connect", "PgPool", "raw_sql(", "AssertSqlSafe", "sqlx::query"]
                    .iter()
                    .any(|word| without_tests(text).contains(word))
        })
        .map(|(path, _)| path);
    none(faults.collect(), "Only engine/src/connection speaks to a server; pass it a SqlFile:");
}

#[test]
fn only_actions_hold_an_operator() {
    let faults = files("server", ".rs")
        .into_iter()
        .filter(|(path, text)| {
            let allowed = ["/actions/mod.rs", "/connection/operator.rs", "/tidy.rs"];
            !allowed.iter().any(|file| path.ends_with(file))
                && without_tests(text).contains("Operator::open")
        })
        .map(|(path, _)| path);
    none(faults.collect(), "Only engine/src/actions acts on a watched server; ask it:");
}

#[test]
fn the_pure_packages_do_no_io() {
    let pure = [files("app/model", ".rs"), files("app/plan/src", ".rs")].concat();
    let faults = pure.into_iter().filter_map(|(path, text)| {
        let text = without_tests(&text);
        ["std::fs", "std::net", "SystemTime", "Instant::now", "tokio", "std::env"]
            .iter()
            .find(|word| text.contains(*word))
            .map(|word| format!("{path}: {word}"))
    });
    none(faults.collect(), "model and plan read no clock and do no I/O; hand the value in:");
}

#[test]
fn pages_keep_the_content_security_policy() {
    let mut faults = Vec::new();
    for (path, text) in files("app/src", ".rs") {
        let code = without_tests(&text);
        if (code.contains("inner_html") || code.contains("set_inner_html"))
            && !path.ends_with("parts/chart.rs")
            && !path.ends_with("parts/made.rs")
        {
            faults.push(format!(
                "{path}: inner_html; only parts/chart.rs and parts/made.rs show markup, that of our own plotters and of leptos on the server"
            ));
        }
        if code.contains(" style=") || code.contains("style:") {
            faults.push(format!(
                "{path}: a style attribute; use a class or an SVG presentation attribute"
            ));
        }
    }
    none(faults, "These would break under our Content-Security-Policy:");
}

#[test]
fn text_in_a_textarea_is_escaped() {
    for (path, text) in sources() {
        for part in text.split("<textarea").skip(1).filter(|_| path.starts_with("app/src")) {
            let content = part.split("</textarea>").next().unwrap_or_default();
            let content = content.split_once('>').map_or("", |(_, content)| content).trim();
            assert!(
                content.is_empty() || content.contains("in_textarea("),
                "{path}: leptos writes the content of a textarea without escaping it; pass it through parts::textarea::in_textarea"
            );
        }
    }
}

#[test]
fn what_the_browser_loads_is_had_once() {
    let alone = [
        ("<For ", "app/src/parts/each.rs", "use `each`"),
        ("Resource::new", "app/src/loaded.rs", "use `loaded`"),
        ("SharedValue::new", "app/src/loaded.rs", "use `shared`"),
        ("serde_json::from_str", "app/model/src/wire", "use `model::wire::read`"),
    ];
    let mut faults = Vec::new();
    // The plan's page has a module of its own, and lists of other keys.
    let others = |path: &String| !path.starts_with("app/src/pages/plan") && !path.contains("tests");
    let read = [files("app/src", ".rs"), files("app/model/src", ".rs")].concat();
    for (path, text) in read.into_iter().filter(|(path, _)| others(path)) {
        for (word, place, instead) in alone {
            if !path.starts_with(place) && without_tests(&text).contains(word) {
                faults.push(format!("{path}: {word} ({instead})"));
            }
        }
    }
    none(
        faults,
        "Each copy for another type costs the browser kilobytes: ARCHITECTURE.md, “Where we differ”.",
    );
}

#[test]
fn every_server_function_asks_for_a_right() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for (path, text) in files("app/src", ".rs") {
        for part in text.split("#[server").skip(1) {
            seen += 1;
            let body = part.split("\n}").next().unwrap_or_default();
            let name =
                part.split("fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap_or("?");
            // Signing in cannot ask for a session.
            if !body.contains("guard::require") && name.trim() != "read_sign_in" {
                faults.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(seen > 3, "found {seen} server functions: the test no longer sees them");
    none(faults, "Begin these server functions with guard::require(Right::…, …)?:");
}

#[test]
fn nothing_is_skipped_or_left_open() {
    let words = [
        "#[ignore",
        "test.skip(",
        "test.fixme(",
        "test.only(",
        "describe.only(",
        "todo!(",
        "unimplemented!(",
    ];
    let open = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let mut faults = Vec::new();
    for (path, text) in [sources(), files("end2end", ".ts"), files("server", ".sql")].concat() {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            // A process that another test starts and kills is no skipped test.
            let skips = words.iter().any(|word| line.contains(word))
                && !line.contains("started by the test below");
            if skips || open.iter().any(|word| line.contains(word.as_str())) {
                faults.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(faults, "Finish these, or open an issue and delete the line:");
}

#[test]
fn paths_in_the_architecture_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('/') && !word.contains([' ', '<', '*', '{', ':', '…', '(']))
        .filter(|word| !word.starts_with('/') && !word.starts_with("target/"))
        .collect();
    assert!(
        named.len() > 20,
        "ARCHITECTURE.md names {} paths: the test no longer sees them",
        named.len()
    );
    let gone = named.into_iter().filter(|path| !root().join(path).exists()).map(str::to_owned);
    none(gone.collect(), "ARCHITECTURE.md names paths that do not exist; mend the document:");
}

#[test]
fn nothing_names_one_machine() {
    let places = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat()];
    let mut faults = Vec::new();
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "Makefile",
        ".ci/env",
        ".ci/setup",
        ".ci/run",
    ]
    .map(|name| (name.to_owned(), std::fs::read_to_string(root().join(name)).unwrap_or_default()));
    for (path, text) in [sources(), documents.to_vec()].concat() {
        for place in &places {
            if text.contains(place.as_str()) {
                faults.push(format!("{path}: {place}"));
            }
        }
    }
    none(faults, "These hold a path of one machine; derive it instead:");
}

#[test]
fn the_readme_begins_with_what_a_newcomer_needs() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let order = ["![", "make demo", "make test", "grant pg_monitor", "ARCHITECTURE.md"];
    let places: Vec<Option<usize>> = order.iter().map(|word| text.find(word)).collect();
    let sorted = places.windows(2).all(|pair| pair[0].is_some() && pair[0] < pair[1]);
    assert!(sorted, "README.md shows, in this order: {order:?}; found at {places:?}");
}
