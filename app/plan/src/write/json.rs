//! Serializes a plan as FORMAT JSON, without recursion: a plan may be deeper than any stack.

use super::{TARGETS, path, targets};
use crate::node::{Actual, Node, Plan, Prop, Value, Worker};

/// Levels that are indented; deeper ones stand below each other, or the text would grow with the
/// square of the depth.
const DEEPEST: usize = 100;

/// Keys whose values are lists in JSON and one line in TEXT.
const LISTS: [&str; 6] =
    ["Conflict Arbiter Indexes", "Group Key", "Hash Key", "Output", "Presorted Key", "Sort Key"];

/// Maps and lists that are open, and whether something stands in the innermost one.
struct Writer {
    text: String,
    /// Closing brackets of what is open.
    open: Vec<char>,
    empty: bool,
}

/// The plan as FORMAT JSON prints it.
pub fn json(plan: &Plan) -> String {
    let mut out = Writer { text: String::new(), open: vec![], empty: true };
    out.start(None, '[');
    out.start(None, '{');
    if let Some(query) = &plan.query {
        out.string("Query Text", query);
    }
    let mut depth = 0;
    for (at, node) in plan.nodes.iter().enumerate() {
        while at > 0 && depth > node.depth {
            out.end();
            out.end();
            depth = depth.saturating_sub(1);
        }
        if at == 0 {
            out.start(Some("Plan"), '{');
        } else if depth == node.depth {
            out.end();
            out.start(None, '{');
        } else {
            out.start(Some("Plans"), '[');
            out.start(None, '{');
        }
        depth = node.depth;
        out.node(node);
    }
    for _ in 0..depth {
        out.end();
        out.end();
    }
    if !plan.nodes.is_empty() {
        out.end();
    }
    out.props(&plan.props);
    if !plan.triggers.is_empty() {
        out.start(Some("Triggers"), '[');
        for trigger in &plan.triggers {
            out.start(None, '{');
            out.props(&trigger.props);
            out.end();
        }
        out.end();
    }
    out.end();
    out.end();
    out.text.push('\n');
    out.text
}

impl Writer {
    fn item(&mut self, name: Option<&str>) {
        if !self.empty {
            self.text.push(',');
        }
        if !self.open.is_empty() {
            self.line();
        }
        self.empty = false;
        if let Some(name) = name {
            self.text.push_str(&quoted(name));
            self.text.push_str(": ");
        }
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.open.len().min(DEEPEST)));
    }

    fn start(&mut self, name: Option<&str>, bracket: char) {
        self.item(name);
        self.text.push(bracket);
        self.open.push(if bracket == '[' { ']' } else { '}' });
        self.empty = true;
    }

    fn end(&mut self) {
        let Some(bracket) = self.open.pop() else { return };
        self.line();
        self.text.push(bracket);
        self.empty = false;
    }

    fn string(&mut self, name: &str, value: &str) {
        self.item(Some(name));
        self.text.push_str(&quoted(value));
    }

    fn bare(&mut self, name: &str, value: &str) {
        self.item(Some(name));
        self.text.push_str(value);
    }

    fn node(&mut self, node: &Node) {
        self.string("Node Type", &node.kind);
        for (name, value) in [
            ("Parent Relationship", &node.relationship),
            ("Subplan Name", &node.subplan),
            ("Schema", &node.schema),
            ("Relation Name", &node.relation),
            ("Alias", &node.alias),
            ("Index Name", &node.index),
        ] {
            if let Some(value) = value {
                self.string(name, value);
            }
        }
        if let Some(cost) = node.cost {
            self.bare("Startup Cost", &format!("{:.2}", cost.startup));
            self.bare("Total Cost", &format!("{:.2}", cost.total));
            self.bare("Plan Rows", &format!("{:.0}", cost.rows));
            self.bare("Plan Width", &format!("{:.0}", cost.width));
        }
        if let Some(actual) = node.actual {
            self.actual(&actual);
        }
        self.targets(node);
        self.props(&node.props);
        if !node.workers.is_empty() {
            self.start(Some("Workers"), '[');
            for worker in &node.workers {
                self.worker(worker);
            }
            self.end();
        }
    }

    /// The tables that a node changes, each in a map.
    fn targets(&mut self, node: &Node) {
        let mut is_open = false;
        for (name, value) in targets(node) {
            if !is_open {
                self.start(Some("Target Tables"), '[');
                self.start(None, '{');
            } else if name == "Relation Name" {
                self.end();
                self.start(None, '{');
            }
            is_open = true;
            self.string(name, &value.text());
        }
        if is_open {
            self.end();
            self.end();
        }
    }

    fn worker(&mut self, worker: &Worker) {
        self.start(None, '{');
        self.bare("Worker Number", &worker.number.to_string());
        if let Some(actual) = worker.actual {
            self.actual(&actual);
        }
        self.props(&worker.props);
        self.end();
    }

    fn actual(&mut self, actual: &Actual) {
        if let Some(ms) = actual.startup_ms {
            self.bare("Actual Startup Time", &format!("{ms:.3}"));
        }
        if let Some(ms) = actual.total_ms {
            self.bare("Actual Total Time", &format!("{ms:.3}"));
        }
        let digits = if actual.fractional_rows { 2 } else { 0 };
        self.bare("Actual Rows", &format!("{:.digits$}", actual.rows));
        self.bare("Actual Loops", &format!("{:.0}", actual.loops));
    }

    /// Properties; those whose keys share a path stand in one group as long as they are neighbours.
    fn props(&mut self, props: &[Prop]) {
        let mut groups: Vec<&str> = vec![];
        for prop in props.iter().filter(|prop| !prop.key.starts_with(TARGETS)) {
            let parts = path(&prop.key);
            let Some((name, outer)) = parts.split_last() else { continue };
            let same = groups.iter().zip(outer).take_while(|(a, b)| a == b).count();
            while groups.len() > same {
                groups.pop();
                self.end();
            }
            for group in outer.iter().skip(same) {
                self.start(Some(group), '{');
                groups.push(group);
            }
            self.value(name, &prop.value);
        }
        for _ in groups {
            self.end();
        }
    }

    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::List(items) => self.list(name, items.iter().map(String::as_str)),
            Value::One(text) if LISTS.contains(&name) => self.list(name, items(text).into_iter()),
            Value::One(text) if is_bare(text) => self.bare(name, text),
            Value::One(text) => self.string(name, text),
        }
    }

    fn list<'a>(&mut self, name: &str, items: impl Iterator<Item = &'a str>) {
        let items: Vec<String> = items.map(quoted).collect();
        self.item(Some(name));
        self.text.push_str(&format!("[{}]", items.join(", ")));
    }
}

/// The items of a list as TEXT prints it: `a, f(b, c)` holds two.
pub(super) fn items(text: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (vec![], 0, 0_i64);
    for token in crate::query::lexer::tokens(text) {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth <= 0
                && text.get(token.end()..).is_some_and(|rest| rest.starts_with(' ')) =>
            {
                items.extend(text.get(start..token.start));
                start = token.end().saturating_add(1);
            }
            _ => {}
        }
    }
    items.extend(text.get(start..));
    items
}

/// Whether JSON takes a value without quotes.
fn is_bare(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let leading = whole.len() > 1 && whole.starts_with('0');
    text == "true" || text == "false" || (number(whole) && number(fraction) && !leading)
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_divided_at_their_own_commas() {
        assert_eq!(items("a, f(b, c), 'd, e'::text"), ["a", "f(b, c)", "'d, e'::text"]);
        assert_eq!(quoted("a\"\\\u{1}é"), "\"a\\\"\\\\\\u0001é\"");
        assert!(is_bare("-1.50") && !is_bare("01") && !is_bare("1e5") && !is_bare(""));
    }
}
