//! The web interface: Content-Security-Policy, escaping, size of the browser part, permission checks.

use crate::files::{files, none, sources, without_tests};

#[test]
fn pages_keep_the_content_security_policy() {
    let mut faults = Vec::new();
    for (path, text) in files("app/src", ".rs") {
        let code = without_tests(&text);
        if (code.contains("inner_html") || code.contains("set_inner_html"))
            && !path.ends_with("ui/chart_plot.rs")
            && !path.ends_with("ui/server_html.rs")
        {
            faults.push(format!(
                "{path}: inner_html; only ui/chart_plot.rs and ui/server_html.rs insert HTML, rendered by plotters and Leptos on the server"
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
                "{path}: leptos writes the content of a textarea without escaping it; pass it through ui::textarea::in_textarea"
            );
        }
    }
}

#[test]
fn every_form_that_is_posted_has_its_token() {
    let mut seen = 0;
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("app/src")) {
        for part in text.split("<form ").skip(1) {
            let (head, body) = part.split_once(">\n").unwrap_or_default();
            if head.contains("method=\"post\"") {
                seen += 1;
                let first = body.trim_start();
                assert!(
                    first.starts_with("{form_token()}") || first.starts_with("{form_token::field("),
                    "{path}: the first field of a form that is posted is its token; see ui::form_token"
                );
            }
        }
    }
    assert!(seen > 10, "{seen} forms: the test no longer sees them");
}

#[test]
fn what_the_browser_loads_is_had_once() {
    let alone = [
        ("<For ", "app/src/ui/keyed.rs", "use `each`"),
        ("Resource::new", "app/src/resource.rs", "use `loaded`"),
        ("SharedValue::new", "app/src/resource.rs", "use `shared`"),
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
        "Each copy for another type costs the browser kilobytes: ARCHITECTURE.md, “Decisions”.",
    );
}

#[test]
fn every_server_function_checks_a_permission() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for (path, text) in files("app/src", ".rs") {
        for part in text.split("\n#[server(").skip(1) {
            seen += 1;
            let body = part.split("\n}").next().unwrap_or_default();
            let name =
                part.split("fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap_or("?");
            // Signing in cannot ask for a session.
            if !body.contains("auth::require") && name.trim() != "read_sign_in" {
                faults.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(seen > 3, "found {seen} server functions: the test no longer sees them");
    none(faults, "Begin these server functions with auth::require(Permission::…, …)?:");
}
