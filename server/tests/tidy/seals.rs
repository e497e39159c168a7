//! Seals: who may open a connection, hold an operator session, or name an area or a page.

use crate::files::{files, none, root, without_tests};

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
            let allowed = ["/actions/mod.rs", "/connection/operator.rs", "/tidy/seals.rs"];
            !allowed.iter().any(|file| path.ends_with(file))
                && without_tests(text).contains("Operator::open")
        })
        .map(|(path, _)| path);
    none(faults.collect(), "Only engine/src/actions acts on a watched server; ask it:");
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

/// The names of the folders directly below `folder`.
fn folders(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder of the repository");
    entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn only_the_route_table_names_a_page() {
    let pages = folders("app/src/pages");
    assert!(pages.len() > 10, "found {pages:?}: the test no longer sees the pages");
    // What a page offers to the server, and the page for addresses that no route matches.
    let may = ["app/src/routes.rs", "app/src/lib.rs", "app/src/pages/mod.rs"];
    let mut faults = Vec::new();
    for (path, text) in files("app/src", ".rs") {
        for page in &pages {
            let own = path.starts_with(&format!("app/src/pages/{page}/"));
            if !own && !may.contains(&path.as_str()) && text.contains(&format!("pages::{page}")) {
                faults.push(format!("{path} names the page {page}"));
            }
        }
    }
    none(
        faults,
        "Only its folder and its line in routes.rs name a page: move what two pages share to ui, live or actions:",
    );
}

#[test]
fn the_interface_and_the_server_name_no_area() {
    let areas = folders("server/engine/src/areas");
    let shared = ["app/src/shell", "app/src/ui", "app/src/live", "app/src/actions", "server/src"];
    let mut faults = Vec::new();
    for (path, text) in shared.iter().flat_map(|folder| files(folder, ".rs")) {
        for area in &areas {
            if without_tests(&text).contains(&format!("areas::{area}")) {
                faults.push(format!("{path} names the area {area}"));
            }
        }
    }
    none(
        faults,
        "Only pages and the area itself name an area; let the area give what others need by a hook of the trait Area:",
    );
}
