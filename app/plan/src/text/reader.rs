//! Builds a plan from its whole lines, one after the other.

use super::digits::{self, Kind, Rewritten};
use super::line::{self, What};
use super::rebuild::Rebuilder;
use super::tree;
use super::wrap::Logical;
use super::{figures, greenplum, header, property, summary};
use crate::node::{Leftover, Node, Notice, ParseError, Plan, Prop, Value, Worker};

/// A node that is open, and where its line starts.
struct Open {
    column: usize,
    node: usize,
    /// Children so far that are not subplans: the first is the outer one.
    children: usize,
}

#[derive(Default)]
pub(super) struct Reader {
    pub plan: Plan,
    stack: Vec<Open>,
    /// `InitPlan 1 (returns $0)`, waiting for its node.
    label: Option<String>,
    /// `Planning:` or `JIT:` with its column.
    section: Option<(String, usize)>,
    /// `Worker 0:` with its column, from which on lines are its own.
    worker: Option<(u32, usize)>,
    pub leftovers: Vec<Leftover>,
    /// The tree as it must be where indentation does not tell.
    rebuilder: Rebuilder,
    /// The column of the nodes below the root; `None` where they differ.
    column: Option<usize>,
    rewritten: Rewritten,
    /// Whether figures about the whole have been read.
    pub is_summed: bool,
    /// Whether the root stands behind an arrow, as in a part of a plan.
    pub has_arrow: bool,
}

impl Reader {
    pub(super) fn at(line: usize) -> Self {
        Self { plan: Plan { line, ..Plan::default() }, ..Self::default() }
    }

    pub(super) fn has_cost(&self) -> bool {
        self.plan.nodes.first().is_some_and(|root| root.cost.is_some() || root.actual.is_some())
    }

    /// The column of the root.
    pub(super) fn base(&self) -> usize {
        self.stack.first().map_or(0, |open| open.column)
    }

    /// The last column in which a line is about the whole: what copied a plan may have lost the space
    /// before the root, and no line of a node stands less than two columns in.
    pub(super) fn margin(&self) -> usize {
        self.base().saturating_add(1)
    }

    /// Whether a node without an arrow still belongs to the plan: one above lacks an input, a label
    /// announces it, or there are such nodes already and one of them can take it.
    pub(super) fn is_wanting(&self) -> bool {
        !self.is_summed
            && (self.label.is_some()
                || self.rebuilder.is_wanting()
                || (self.plan.nodes.len() > 1 && self.rebuilder.can_take()))
    }

    /// Whether all nodes below the root stand in one column, at the root's or next to it.
    pub(super) fn is_flat(&self) -> bool {
        self.plan.nodes.len() < 2 || self.column.is_some_and(|column| column <= self.margin())
    }

    /// Takes a whole line in.
    pub(super) fn take(&mut self, line: Logical) {
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
            What::Target(rest) if self.last().is_some_and(|node| node.kind == "ModifyTable") => {
                self.target(rest, &line);
            }
            What::Note(name, rest) => self.whole(name, rest, line.lines.1),
            _ if self.other(text, &line) => {}
            _ => self.leftovers.push(Leftover {
                line: line.lines.0,
                column: line.column.saturating_add(line.indent),
                text: text.to_owned(),
            }),
        }
    }

    /// Takes in a line that is none of EXPLAIN's own, where an extension may have written it.
    fn other(&mut self, text: &str, line: &Logical) -> bool {
        // The lines of `Generated Plan Advice:`.
        if let Some((name, _)) = self.section.clone().filter(|(_, column)| line.indent > *column) {
            let known = self.plan.props.last_mut().filter(|prop| prop.key == name);
            match known.map(|prop| &mut prop.value) {
                Some(Value::One(value)) => {
                    value.push('\n');
                    value.push_str(text);
                }
                _ => self.whole(&name, text, line.lines.1),
            }
            return true;
        }
        let extension = self
            .last()
            .is_some_and(|node| matches!(node.kind.as_str(), "Custom Scan" | "Foreign Scan"));
        let Some((name, rest)) = line::loose_property(text).filter(|_| extension) else {
            return false;
        };
        self.put(name, rest, line, None);
        true
    }

    /// The node that was read last.
    fn last(&self) -> Option<&Node> {
        self.plan.nodes.last()
    }

    /// Closes the nodes that start at a column or right of it; the root stays open.
    fn close(&mut self, column: usize) {
        while self.stack.len() > 1 && self.stack.last().is_some_and(|open| open.column >= column) {
            self.stack.pop();
        }
    }

    fn node(&mut self, title: &str, line: &Logical) {
        self.close(line.indent);
        self.has_arrow |= self.plan.nodes.is_empty() && line::is_arrow(line.text.trim());
        let mut node = Node { lines: line.lines, depth: self.stack.len(), ..Node::default() };
        let at = figures::start_of_all(title);
        let (name, numbers) = title.split_at_checked(at).unwrap_or((title, ""));
        let numbers = digits::plain(numbers, Kind::Count, line.lines.0, &mut self.rewritten);
        header::read(name, &numbers, &mut node);
        if let Some(open) = self.stack.last_mut() {
            node.parent = Some(open.node);
            open.children = open.children.saturating_add(usize::from(self.label.is_none()));
            let kind = self.plan.nodes.get(open.node).map_or("", |parent| parent.kind.as_str());
            let relationship = tree::relationship(kind, self.label.as_deref(), open.children);
            node.relationship = Some(relationship.into());
            self.column = match self.column {
                _ if self.plan.nodes.len() == 1 => Some(line.indent),
                column => column.filter(|column| *column == line.indent),
            };
        }
        node.subplan = self.label.take();
        let place = self.plan.nodes.len();
        self.plan.nodes.push(node);
        self.rebuilder.place(&self.plan.nodes);
        self.stack.push(Open { column: line.indent, node: place, children: 0 });
        self.section = None;
        self.worker = None;
    }

    fn worker(&mut self, number: u32, rest: &str, line: &Logical) {
        // What stands behind its times is its own; before PostgreSQL 13 a node's blocks follow the
        // sort methods of workers.
        let is_short = line::property(rest).is_some();
        self.worker = Some((number, line.indent.saturating_add(usize::from(is_short))));
        let plain = digits::plain(rest, Kind::Count, line.lines.0, &mut self.rewritten);
        let actual = rest.starts_with("actual ").then(|| figures::actual(&plain)).flatten();
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

    /// `Update on orders_2026 o_1` below an `Update`.
    fn target(&mut self, rest: &str, line: &Logical) {
        let mut target = Node::default();
        header::target(rest, &mut target);
        let parts = [
            ("Relation Name", target.relation),
            ("Schema", target.schema),
            ("Alias", target.alias),
        ];
        let Some(node) = self.plan.nodes.last_mut() else { return };
        for (name, value) in parts {
            if let Some(value) = value {
                node.set(&format!("Target Tables/{name}"), Value::One(value), line.lines.1);
            }
        }
    }

    fn property(&mut self, name: &str, rest: &str, line: &Logical) {
        let plain = match digits::kind_of(name, rest) {
            Some(kind) => digits::plain(rest, kind, line.lines.1, &mut self.rewritten),
            None => rest.into(),
        };
        let rest = plain.as_ref();
        let inside = self.section.as_ref().filter(|(section, column)| {
            line.indent > *column || (line.indent == *column && summary::holds(section, name))
        });
        if inside.is_some() && !name.ends_with(" Time") {
            let section = inside.map(|(name, _)| name.as_str());
            return summary::read(section, name, rest, line.lines.1, &mut self.plan);
        }
        if summary::is_key(name) {
            if let Some(task) = self.task(line.indent) {
                return self.of_task(task, name, rest, line);
            }
        } else if line.indent > self.margin() || self.stack.is_empty() || self.is_lost(name) {
            let worker = self.worker.filter(|(_, column)| {
                line.indent >= *column
                    || self.stack.last().is_some_and(|open| line.indent <= open.column)
            });
            return self.put(name, rest, line, worker.map(|(number, _)| number));
        }
        self.is_summed |= name.to_ascii_lowercase().ends_with("time");
        self.section = rest.is_empty().then(|| (name.to_owned(), line.indent));
        if !rest.is_empty() {
            summary::read(None, name, rest, line.lines.1, &mut self.plan);
        }
    }

    /// Whether a property that stands in the root's column is a node's, because indentation is lost.
    fn is_lost(&self, name: &str) -> bool {
        let is_left = self.stack.last().is_some_and(|open| open.column <= self.margin());
        !self.is_summed
            && self.section.is_none()
            && (line::is_of_node(name) || (self.plan.nodes.len() > 1 && is_left))
    }

    /// The innermost open task of Citus, for what stands right of it.
    fn task(&self, column: usize) -> Option<usize> {
        let open = self.stack.iter().rev().filter(|open| open.column < column);
        open.map(|open| open.node).find(|at| self.plan.nodes.get(*at).is_some_and(Node::is_heading))
    }

    /// What is said about the whole of a task's plan is the task's.
    fn of_task(&mut self, task: usize, name: &str, rest: &str, line: &Logical) {
        let mut own = Plan::default();
        if rest.is_empty() {
            return;
        }
        summary::read(None, name, rest, line.lines.1, &mut own);
        let triggers = own.triggers.into_iter().flat_map(|trigger| trigger.props);
        if let Some(node) = self.plan.nodes.get_mut(task) {
            for prop in own.props.into_iter().chain(triggers) {
                node.set(&prop.key, prop.value, line.lines.1);
            }
        }
    }

    /// A property of the whole plan, as it is printed.
    fn whole(&mut self, name: &str, value: &str, line: usize) {
        let value = Value::One(value.to_owned());
        self.plan.props.push(Prop { key: crate::keys::key(name), value, line });
    }

    /// Puts a property into the node it stands under, or into one of its workers.
    fn put(&mut self, name: &str, rest: &str, line: &Logical, worker: Option<u32>) {
        let last = self.stack.last().map_or(0, |open| open.node);
        // What stands further left than the last node belongs to one of its ancestors; in its own
        // column nothing can stand unless indentation is lost.
        let owner = match self.stack.last() {
            Some(open) if open.column <= line.indent || self.is_flat() => last,
            _ => {
                let above = self.stack.partition_point(|open| open.column < line.indent);
                self.stack.get(above.saturating_sub(1)).map_or(last, |open| open.node)
            }
        };
        let Some(node) = self.plan.nodes.get_mut(owner) else { return };
        node.lines.1 = node.lines.1.max(line.lines.1);
        if name == "Rows out" {
            node.actual = node.actual.or(greenplum::rows_out(rest));
        }
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

    /// The plan, with what has to be said about it.
    pub(super) fn finish(self) -> (Plan, Vec<Leftover>, Vec<Notice>) {
        let is_flat = self.is_flat();
        let mut plan = self.plan;
        let figures = self.rewritten.notices();
        let tree = tree::settle(&mut plan, self.rebuilder, self.column.is_some(), is_flat);
        (plan, self.leftovers, figures.chain(tree).collect())
    }

    /// Says that the last line was cut within its figures.
    pub(super) fn cut(&mut self, line: &Logical) {
        self.plan.broken = Some(ParseError {
            line: line.lines.1,
            column: line.width.saturating_add(1),
            expected: "the rest of the node's figures".into(),
        });
    }
}
