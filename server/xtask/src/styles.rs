//! Builds the one style sheet: the sheets that `style/main.css` imports, each in its cascade layer,
//! then the sheet of each page (`app/src/pages/**/*.css`) in the layer `pages`.
//!
//! Of CSS this understands the statements of `main.css` (`@layer a, b;`, `@import "file";`,
//! `@import "file" layer(name);`) and where comments, strings and braces end. It minifies nothing.

use std::path::{Path, PathBuf};

use crate::command::{Result, files_below, read_text, write};

const STYLES: &str = "style";
const PAGES: &str = "app/src/pages";
/// The layer of the pages' sheets.
const PAGE_LAYER: &str = "pages";

/// A statement of `main.css`.
#[derive(Debug, PartialEq)]
enum Statement<'a> {
    /// `@layer a, b;`: the order of the layers.
    Layers(Vec<&'a str>),
    /// `@import "file" layer(name);`: a sheet, in a layer or in none.
    Import { file: &'a str, layer: Option<&'a str> },
}

/// Writes the style sheet of the repository in `root` to `target`.
pub fn build(root: &Path, target: &Path) -> Result<()> {
    write(target, sheet(root)?)
}

/// The text of the style sheet.
fn sheet(root: &Path) -> Result<String> {
    let folder = root.join(STYLES);
    let main = folder.join("main.css");
    let text = without_comments(&read_text(&main)?);
    let statements = parse(&text).map_err(|fault| format!("{STYLES}/main.css: {fault}"))?;
    let mut layers: Vec<&str> = Vec::new();
    let mut imported: Vec<PathBuf> = vec![main];
    let mut sheet = String::new();
    for statement in &statements {
        match statement {
            Statement::Layers(names) => {
                layers.extend(names);
                sheet.push_str(&format!("@layer {};\n", names.join(", ")));
            }
            Statement::Import { file, layer } => {
                let path = folder.join(file);
                let name = format!("{STYLES}/{file}");
                let content = read_text(&path)?;
                imported.push(path);
                match layer {
                    None => sheet.push_str(&content),
                    Some(layer) => sheet.push_str(&in_layer(layer, &layers, &name, &content)?),
                }
            }
        }
    }
    let forgotten = css_below(&folder).into_iter().find(|path| !imported.contains(path));
    if let Some(path) = forgotten {
        return Err(format!("{} is not imported by {STYLES}/main.css", relative(root, &path)));
    }
    for path in css_below(&root.join(PAGES)) {
        let name = relative(root, &path);
        sheet.push_str(&in_layer(PAGE_LAYER, &layers, &name, &read_text(&path)?)?);
    }
    Ok(sheet)
}

/// The statements of `main.css`, which holds nothing else.
fn parse(text: &str) -> Result<Vec<Statement<'_>>> {
    let mut statements = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (statement, after) = rest
            .split_once(';')
            .ok_or_else(|| format!("`{rest}` does not end with a semicolon"))?;
        statements.push(parse_statement(statement.trim()).ok_or_else(|| {
            format!(
                "`{};` is neither `@layer a, b;` nor `@import \"file\" layer(name);`",
                statement.trim()
            )
        })?);
        rest = after.trim_start();
    }
    Ok(statements)
}

fn parse_statement(text: &str) -> Option<Statement<'_>> {
    if let Some(names) = text.strip_prefix("@layer ") {
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        return names.iter().all(|name| is_name(name)).then_some(Statement::Layers(names));
    }
    let (file, condition) =
        text.strip_prefix("@import ")?.trim().strip_prefix('"')?.split_once('"')?;
    let layer = match condition.trim() {
        "" => None,
        condition => Some(condition.strip_prefix("layer(")?.strip_suffix(')')?.trim()),
    };
    layer.is_none_or(is_name).then_some(Statement::Import { file, layer })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A sheet inside a layer.
fn in_layer(layer: &str, layers: &[&str], name: &str, content: &str) -> Result<String> {
    if !layers.contains(&layer) {
        return Err(format!(
            "{name} belongs to the layer {layer}, which {STYLES}/main.css does not declare"
        ));
    }
    let code = without_comments(content);
    for rule in ["@import", "@charset", "@namespace"] {
        if code.contains(rule) {
            return Err(format!("{name} holds {rule}, which CSS does not allow inside a layer"));
        }
    }
    if !braces_match(&code) {
        return Err(format!("{name} has braces that do not match"));
    }
    let end = if content.ends_with('\n') { "" } else { "\n" };
    Ok(format!("@layer {layer} {{\n/* {name} */\n{content}{end}}}\n"))
}

/// Whether each brace outside strings is closed, and none before it was opened.
fn braces_match(code: &str) -> bool {
    let mut depth = 0_i32;
    let mut quote = None;
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (_, '\\') => drop(characters.next()),
            (Some(open), _) => {
                if character == open {
                    quote = None;
                }
            }
            (None, '"' | '\'') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && quote.is_none()
}

/// CSS without its comments; what looks like one inside a string is none.
fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut quote = None;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
            continue;
        }
        let escaped = character == '\\';
        match quote {
            _ if escaped => {}
            Some(open) if character == open => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            _ => {}
        }
        let length = rest.chars().take(if escaped { 2 } else { 1 }).map(char::len_utf8).sum();
        let (taken, after) = rest.split_at(length);
        code.push_str(taken);
        rest = after;
    }
    code
}

fn css_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    files.retain(|path| path.extension().is_some_and(|end| end == "css"));
    files
}

/// A path as messages and comments name it.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests;
