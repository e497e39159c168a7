//! Tests of the style sheet: layers, imports, the pages' sheets, and what is refused.

use super::*;

/// A repository with these files.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        for (path, content) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        Self(root)
    }

    fn sheet(&self) -> Result<String> {
        sheet(&self.0)
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn sheets_without_a_layer_are_joined_in_the_order_of_their_imports() {
    let files = [
        ("style/main.css", "@import \"b.css\";\n@import \"a.css\";\n"),
        ("style/a.css", "a {}\n"),
        ("style/b.css", "b {}\n"),
    ];
    assert_eq!(Repository::new("plain", &files).sheet().unwrap(), "b {}\na {}\n");
}

#[test]
fn the_order_of_the_layers_comes_first_and_pages_come_last_by_path() {
    let files = [
        (
            "style/main.css",
            "/* The order; */\n@layer tokens, ui, pages;\n@import \"ui/b.css\" layer(ui);\n@import \"a.css\" layer(tokens);\n",
        ),
        ("style/a.css", ":root { --a: \"}\"; }\n"),
        ("style/ui/b.css", "b { }"),
        ("app/src/pages/plan/views/tree.css", "t { }\n"),
        ("app/src/pages/about.css", "p { /* } */ }\n"),
        ("app/src/pages/about.rs", "//! No sheet.\n"),
    ];
    let expected = "\
@layer tokens, ui, pages;
@layer ui {
/* style/ui/b.css */
b { }
}
@layer tokens {
/* style/a.css */
:root { --a: \"}\"; }
}
@layer pages {
/* app/src/pages/about.css */
p { /* } */ }
}
@layer pages {
/* app/src/pages/plan/views/tree.css */
t { }
}
";
    assert_eq!(Repository::new("layers", &files).sheet().unwrap(), expected);
}

#[test]
fn what_cannot_be_built_is_refused_in_one_sentence() {
    let refusal =
        |name: &str, files: &[(&str, &str)]| Repository::new(name, files).sheet().expect_err(name);
    let main = ("style/main.css", "@layer ui;\n@import \"a.css\" layer(ui);\n");
    assert_eq!(
        refusal("forgotten", &[main, ("style/a.css", ""), ("style/b.css", "")]),
        "style/b.css is not imported by style/main.css"
    );
    assert_eq!(
        refusal("open", &[main, ("style/a.css", "a { b: c;\n")]),
        "style/a.css has braces that do not match"
    );
    assert_eq!(
        refusal("nested", &[main, ("style/a.css", "@import \"b.css\";\n")]),
        "style/a.css holds @import, which CSS does not allow inside a layer"
    );
    assert_eq!(
        refusal("undeclared", &[main, ("style/a.css", ""), ("app/src/pages/p.css", "")]),
        "app/src/pages/p.css belongs to the layer pages, which style/main.css does not declare"
    );
    assert_eq!(
        refusal("rule", &[("style/main.css", "a { color: red; }\n")]),
        "style/main.css: `a { color: red;` is neither `@layer a, b;` nor `@import \"file\" layer(name);`"
    );
    assert!(refusal("missing", &[main]).contains("cannot read"));
}

#[test]
fn comments_and_strings_end_where_css_ends_them() {
    assert_eq!(without_comments("a/* \" */b\"/* c */\"d"), "ab\"/* c */\"d");
    assert_eq!(without_comments("\"\\\"/*\"/**/"), "\"\\\"/*\"");
    assert!(braces_match("a { b: \"{\"; } c { d: '\\'}'; }"));
    assert!(!braces_match("a } {") && !braces_match("a {") && !braces_match("a { \" }"));
}

#[test]
fn the_repositorys_own_sheet_builds() {
    let sheet = sheet(crate::command::root()).unwrap();
    assert!(braces_match(&without_comments(&sheet)));
}
