//! Parser for FORMAT TEXT: classifies lines and builds the tree from their indentation.

mod figures;
mod header;
mod line;
pub(crate) mod property;
mod summary;
mod wrap;

use crate::node::{Leftover, Node, ParseError, Plan, Value, Worker};
use crate::paste::{Line, Place};
use line::What;
use wrap::Logical;

pub(crate) use figures::start as figures_start;
pub(crate) use header::is_kind;
pub(crate) use line::{is_item, is_known_property, is_root, is_second};

/// A node that is open, and where its line starts.
struct Open {
    column: usize,
    node: usize,
    /// Children so far that are not subplans: the first is the outer one.
    children: usize,
}

struct Reader {
    plan: Plan,
    stack: Vec<Open>,
    /// `InitPlan 1 (returns $0)`, waiting for its node.
    label: Option<String>,
    /// `Planning:` or `JIT:` with its column.
    section: Option<(String, usize)>,
    /// `Worker 0:` with its column.
    worker: Option<(u32, usize)>,
    leftovers: Vec<Leftover>,
}

/// Reads one plan whose root is the line at `from`. Gives it, the index of the first line that is
/// not part of it, and the lines within it that were not understood.
pub(crate) fn read(lines: &[Line<'_>], from: usize) -> (Plan, usize, Vec<Leftover>) {
    let mut reader = Reader {
        plan: Plan { line: lines.get(from).map_or(1, |line| line.number), ..Plan::default() },
        stack: vec![],
        label: None,
        section: None,
        worker: None,
        leftovers: vec![],
    };
    let mut current: Option<Logical> = None;
    let mut widest = 0;
    let mut at = from;
    while let Some(line) = lines.get(at) {
        if line.place == Place::Frame && at > from {
            break;
        }
        if line.is_blank() {
            let next = lines.iter().skip(at).find(|line| !line.is_blank());
            let goes_on = next
                .is_some_and(|next| next.place != Place::Frame && line::continues_plan(&next.text));
            if !goes_on {
                break;
            }
            at = at.saturating_add(1);
            continue;
        }
        let width = line.text.chars().count();
        match current.as_mut() {
            Some(open) if joins(open, line, widest, reader.has_cost()) => {
                // A line break within a literal is part of it, unless the line was cut at a width.
                if open.in_quotes() && !open.wraps && open.width < widest {
                    open.push("\n");
                }
                open.push(&line.text);
                open.wraps = line.wraps;
                open.cut = line.cut;
                open.width = width;
                open.lines.1 = line.number;
            }
            _ => {
                if at > from
                    && line::is_root(&line.text, line.place, false)
                    && !is_deep(&reader, line)
                {
                    break;
                }
                if let Some(done) = current.take() {
                    reader.take(done);
                }
                let mut open = Logical {
                    lines: (line.number, line.number),
                    column: line.column,
                    indent: line.indent(),
                    width,
                    wraps: line.wraps,
                    cut: line.cut,
                    ..Logical::default()
                };
                open.push(&line.text);
                current = Some(open);
            }
        }
        widest = widest.max(width);
        at = at.saturating_add(1);
    }
    if let Some(done) = current.take() {
        if (done.is_open() || done.cut) && done.text.contains("(cost=") {
            reader.plan.broken = Some(ParseError {
                line: done.lines.1,
                column: done.width.saturating_add(1),
                expected: "the rest of the node's figures".into(),
            });
        }
        reader.take(done);
    }
    (reader.plan, at, reader.leftovers)
}

/// Whether a line that could be a root stands within the tree instead.
fn is_deep(reader: &Reader, line: &Line<'_>) -> bool {
    let base = reader.stack.first().map_or(0, |open| open.column);
    line.indent() > base.saturating_add(1)
}

/// Whether a physical line goes on with what the one before began.
fn joins(open: &Logical, line: &Line<'_>, widest: usize, has_cost: bool) -> bool {
    if open.wraps || open.cut {
        return open.wraps;
    }
    let text = line.text.trim_start();
    if line::is_arrow(text) {
        return false;
    }
    if open.is_open() {
        return open.in_quotes() || !line::is_known_property(text);
    }
    let node = line::is_arrow(open.text.trim_start());
    if text.starts_with("(actual ") || text.starts_with("(never ") || text.starts_with("(cost=") {
        return node || !open.text.contains(": ");
    }
    if node && has_cost && figures::start(&open.text).is_none() && !line::is_known_property(text) {
        return true;
    }
    // Cut at a width between brackets: only where the line before is as wide as any.
    open.width >= widest.saturating_sub(1) && open.width > 40 && !line::is_item(text, line.place)
}

impl Reader {
    fn has_cost(&self) -> bool {
        self.plan.nodes.first().is_some_and(|root| root.cost.is_some() || root.actual.is_some())
    }

    /// Takes a whole line in.
    fn take(&mut self, line: Logical) {
        let text = line.text.trim();
        match line::classify(text, self.plan.nodes.is_empty()) {
            What::Node(title) => self.node(title, &line),
            What::Label(label) => {
                // A label stands where the children of its owner stand.
                self.close(line.indent);
                self.label = Some(label.to_owned());
            }
            What::Worker(number, rest) => self.worker(number, rest, &line),
            What::Property(name, rest) => self.property(name, rest, &line),
            What::Other => self.leftovers.push(Leftover {
                line: line.lines.0,
                column: line.column.saturating_add(line.indent),
                text: text.to_owned(),
            }),
        }
    }

    /// Closes the nodes that start at a column or right of it; the root stays open.
    fn close(&mut self, column: usize) {
        while self.stack.len() > 1 && self.stack.last().is_some_and(|open| open.column >= column) {
            self.stack.pop();
        }
    }

    fn node(&mut self, title: &str, line: &Logical) {
        self.close(line.indent);
        let mut node = Node { lines: line.lines, depth: self.stack.len(), ..Node::default() };
        header::read(title, &mut node);
        if let Some(open) = self.stack.last_mut() {
            node.parent = Some(open.node);
            let kind = self.plan.nodes.get(open.node).map(|parent| parent.kind.as_str());
            let relationship = match &self.label {
                Some(label) if label.starts_with("SubPlan") => "SubPlan",
                Some(_) => "InitPlan",
                None => {
                    open.children = open.children.saturating_add(1);
                    match kind {
                        Some("Append" | "Merge Append" | "BitmapAnd" | "BitmapOr") => "Member",
                        Some("Subquery Scan") => "Subquery",
                        _ if open.children > 1 => "Inner",
                        _ => "Outer",
                    }
                }
            };
            node.relationship = Some(relationship.into());
        }
        node.subplan = self.label.take();
        let place = self.plan.nodes.len();
        self.plan.nodes.push(node);
        self.stack.push(Open { column: line.indent, node: place, children: 0 });
        self.section = None;
        self.worker = None;
    }

    fn worker(&mut self, number: u32, rest: &str, line: &Logical) {
        self.worker = Some((number, line.indent));
        let actual = rest.starts_with("actual ").then(|| figures::actual(rest)).flatten();
        let Some(node) = self.plan.nodes.last_mut() else { return };
        node.lines.1 = node.lines.1.max(line.lines.1);
        let known = node.workers.iter_mut().find(|worker| worker.number == number);
        match known {
            Some(worker) if actual.is_some() => worker.actual = actual,
            Some(_) => {}
            None => node.workers.push(Worker { number, actual, ..Worker::default() }),
        }
        if let Some((name, rest)) = line::property(rest).filter(|_| actual.is_none()) {
            self.put(name, rest, line, Some(number));
        }
    }

    fn property(&mut self, name: &str, rest: &str, line: &Logical) {
        let base = self.stack.first().map_or(0, |open| open.column);
        let inside = self.section.as_ref().filter(|(_, column)| line.indent > *column);
        if inside.is_some() && !name.ends_with(" Time") {
            let section = inside.map(|(name, _)| name.as_str());
            return summary::read(section, name, rest, line.lines.1, &mut self.plan);
        }
        if !summary::is_key(name) && (line.indent > base || self.stack.is_empty()) {
            let worker = self.worker.filter(|(_, column)| line.indent > *column);
            return self.put(name, rest, line, worker.map(|(number, _)| number));
        }
        self.section = rest.is_empty().then(|| (name.to_owned(), line.indent));
        if !rest.is_empty() {
            summary::read(None, name, rest, line.lines.1, &mut self.plan);
        }
    }

    /// Puts a property into the node it stands under, or into one of its workers.
    fn put(&mut self, name: &str, rest: &str, line: &Logical, worker: Option<u32>) {
        let last = self.stack.last().map_or(0, |open| open.node);
        // What stands further left than the last node belongs to one of its ancestors.
        let owner = match self.stack.last() {
            Some(open) if open.column < line.indent => last,
            _ => {
                let above = self.stack.partition_point(|open| open.column < line.indent);
                self.stack.get(above.saturating_sub(1)).map_or(last, |open| open.node)
            }
        };
        let Some(node) = self.plan.nodes.get_mut(owner) else { return };
        node.lines.1 = node.lines.1.max(line.lines.1);
        let kind = node.kind.clone();
        let worker = worker
            .and_then(|number| node.workers.iter().position(|worker| worker.number == number));
        property::read(name, rest, &kind, &mut |name, value| {
            let value = Value::One(value);
            match worker.and_then(|at| node.workers.get_mut(at)) {
                Some(worker) => worker.set(name, value, line.lines.1),
                None => node.set(name, value, line.lines.1),
            }
        });
    }
}
