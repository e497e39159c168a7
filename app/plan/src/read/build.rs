//! Builds plans from parser events of a structured format (a map opens, a value, a map closes),
//! without a document tree in between.

use std::borrow::Cow;

use crate::keys::key;
use crate::node::{Format, Node, ParseError, Plan, Prop, Trigger, Value, Worker, find};
use crate::paste::Cursor;

/// Nested groups deeper than this keep their innermost keys only; PostgreSQL prints three.
const MAX_PATH: usize = 6;

/// Where the values that come next belong.
enum Frame {
    /// Outside of any statement; a list of statements at most.
    Top,
    /// The map of one statement.
    Statement,
    /// A list of nodes.
    Plans,
    /// The innermost node that is open.
    Node,
    /// The workers of a node; then one of them.
    Workers,
    Worker,
    /// The plans that a worker of Citus ran, as lists of statements; then one of those.
    Remote,
    RemoteStatement,
    /// The triggers of a statement; then one of them.
    Triggers,
    Trigger,
    /// A group of properties with the path of its key and how deep that is.
    Group(String, usize),
    /// A list of values under a key, with the depth of its path.
    List(String, usize, Vec<String>),
}

pub(crate) struct Builder {
    format: Format,
    line: usize,
    stack: Vec<Frame>,
    /// The nodes that are open, innermost last.
    open_nodes: Vec<usize>,
    /// Lists within a list of values are read as one list.
    nested_lists: usize,
    /// The line of the paste that is read.
    now: usize,
    plan: Option<Plan>,
    plans: Vec<Plan>,
}

impl Builder {
    /// The plans of one document; where it breaks off, the last of them says so.
    pub(crate) fn read(
        format: Format,
        cursor: &mut Cursor<'_>,
        document: impl Fn(&mut Cursor<'_>, &mut Self) -> Result<(), ParseError>,
    ) -> Vec<Plan> {
        let mut builder = Self::new(format, cursor.line());
        let error = document(cursor, &mut builder).err();
        let mut plans = builder.finish();
        if let (Some(error), Some(plan)) = (error, plans.last_mut()) {
            plan.broken = Some(error);
        }
        plans
    }

    pub(crate) fn new(format: Format, line: usize) -> Self {
        Self {
            format,
            line,
            stack: vec![Frame::Top],
            open_nodes: vec![],
            nested_lists: 0,
            now: line,
            plan: None,
            plans: vec![],
        }
    }

    /// The plans read; the last one may be cut.
    pub(crate) fn finish(mut self) -> Vec<Plan> {
        self.close_plan();
        self.plans
    }

    /// Says which line of the paste the next events come from.
    pub(crate) fn on_line(&mut self, line: usize) {
        self.now = line;
    }

    /// Whether a list of nodes, triggers or workers is open, whose items are maps.
    pub(crate) fn expects_maps(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Plans | Frame::Workers | Frame::Triggers))
    }

    fn plan(&mut self) -> &mut Plan {
        let (format, line) = (self.format, self.line);
        self.plan.get_or_insert_with(|| Plan { format, line, ..Plan::default() })
    }

    fn close_plan(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.plans.push(plan);
        }
        self.open_nodes.clear();
    }

    /// A heading of Citus becomes a node, as in FORMAT TEXT.
    fn open_heading(&mut self, kind: &str) -> Frame {
        let frame = self.open_node();
        if let Some(node) = self.node() {
            node.kind = kind.to_owned();
            node.relationship = Some("Member".into());
        }
        frame
    }

    fn open_node(&mut self) -> Frame {
        let line = self.now;
        let parent = self.open_nodes.last().copied();
        let depth = self.open_nodes.len();
        let plan = self.plan();
        plan.nodes.push(Node { parent, depth, lines: (line, line), ..Node::default() });
        let place = plan.nodes.len().saturating_sub(1);
        self.open_nodes.push(place);
        Frame::Node
    }

    pub(crate) fn open_map(&mut self, name: Option<&str>) {
        let frame = match (self.stack.last(), name) {
            (Some(Frame::Top), None | Some("Query")) => Frame::Statement,
            (Some(Frame::Top | Frame::Statement), Some("Plan")) => self.open_node(),
            (Some(Frame::RemoteStatement), Some("Plan")) => self.open_node(),
            (Some(Frame::Remote), _) => Frame::RemoteStatement,
            (Some(Frame::Plans), _) => self.open_node(),
            (Some(Frame::List(path, ..)), None) if path.ends_with("Job/Tasks") => {
                self.open_heading("Task")
            }
            (Some(Frame::List(path, ..)), None) if path == "Distributed Query/Subplans" => {
                self.open_heading("Distributed Subplan")
            }
            (Some(Frame::Workers), _) => {
                if let Some(node) = self.node() {
                    node.workers.push(Worker::default());
                }
                Frame::Worker
            }
            (Some(Frame::Triggers), _) => {
                self.plan().triggers.push(Trigger::default());
                Frame::Trigger
            }
            // A plan that was copied without the map around it.
            (Some(Frame::Top), Some(name)) => Frame::Group(name.to_owned(), 1),
            (Some(Frame::Group(path, depth)), name) => {
                let name = name.unwrap_or("Item");
                if *depth < MAX_PATH {
                    Frame::Group(format!("{path}/{name}"), depth.saturating_add(1))
                } else {
                    Frame::Group(name.to_owned(), *depth)
                }
            }
            (Some(Frame::List(path, depth, _)), _) => Frame::Group(path.clone(), *depth),
            (_, name) => Frame::Group(name.unwrap_or("Item").to_owned(), 1),
        };
        self.stack.push(frame);
    }

    pub(crate) fn open_list(&mut self, name: Option<&str>) {
        let frame = match (self.stack.last(), name) {
            (Some(Frame::Top), None) => Frame::Top,
            (Some(Frame::Node), Some("Plans")) => Frame::Plans,
            (Some(Frame::Node), Some("Remote Plan" | "PlannedStmt")) | (Some(Frame::Remote), _) => {
                Frame::Remote
            }
            (Some(Frame::Node), Some("Workers")) => Frame::Workers,
            (Some(Frame::Statement | Frame::Top), Some("Triggers")) => Frame::Triggers,
            (Some(Frame::List(..)), None) => {
                self.nested_lists = self.nested_lists.saturating_add(1);
                return;
            }
            (Some(Frame::Group(path, depth)), Some(name)) if *depth < MAX_PATH => {
                Frame::List(format!("{path}/{name}"), depth.saturating_add(1), vec![])
            }
            (Some(Frame::Group(path, depth)), None) => Frame::List(path.clone(), *depth, vec![]),
            (_, name) => Frame::List(name.unwrap_or("Item").to_owned(), 1, vec![]),
        };
        self.stack.push(frame);
    }

    pub(crate) fn value(&mut self, name: Option<&str>, text: String) {
        if let Some(Frame::List(_, _, items)) = self.stack.last_mut() {
            return items.push(text);
        }
        let name = match (self.stack.last(), name) {
            (Some(Frame::Group(path, depth)), Some(name)) if *depth < MAX_PATH => {
                Cow::Owned(format!("{path}/{name}"))
            }
            (_, name) => Cow::Borrowed(name.unwrap_or("Item")),
        };
        // Without the map around it, `Node Type` at the top starts the root.
        if matches!(self.stack.last(), Some(Frame::Statement)) && name == "Node Type" {
            let frame = self.open_node();
            self.stack.pop();
            self.stack.push(frame);
        }
        self.put(&name, Value::One(text));
    }

    pub(crate) fn close(&mut self) {
        if self.nested_lists > 0 && matches!(self.stack.last(), Some(Frame::List(..))) {
            self.nested_lists = self.nested_lists.saturating_sub(1);
            return;
        }
        match self.stack.pop() {
            Some(Frame::Node) => drop(self.open_nodes.pop()),
            Some(Frame::List(path, _, items)) if !items.is_empty() => {
                self.put(&path, Value::List(items));
            }
            Some(Frame::Statement) => self.close_plan(),
            _ => {}
        }
        if self.stack.is_empty() {
            self.stack.push(Frame::Top);
        }
    }

    /// Whether the innermost node has a property already.
    pub(crate) fn has(&mut self, name: &str) -> bool {
        self.node().is_some_and(|node| find(&node.props, name).is_some())
    }

    fn node(&mut self) -> Option<&mut Node> {
        let place = *self.open_nodes.last()?;
        self.plan.as_mut()?.nodes.get_mut(place)
    }

    /// Puts a value into the innermost node, worker, trigger or plan that is open.
    fn put(&mut self, name: &str, value: Value) {
        let line = self.now;
        let owner = self.stack.iter().rev().find(|frame| {
            matches!(
                frame,
                Frame::Node | Frame::Worker | Frame::Trigger | Frame::Statement | Frame::Top
            )
        });
        match owner {
            Some(Frame::Node) => {
                if let Some(node) = self.node() {
                    node.set(name, value, line);
                }
            }
            Some(Frame::Worker) => {
                let Some(node) = self.node() else { return };
                node.lines.1 = node.lines.1.max(line);
                if let Some(worker) = node.workers.last_mut() {
                    worker.set(name, value, line);
                }
            }
            Some(Frame::Trigger) => {
                if let Some(trigger) = self.plan().triggers.last_mut() {
                    trigger.props.push(Prop { key: key(name), value, line });
                }
            }
            _ if name == "Query Text" => self.plan().query = Some(value.text().into_owned()),
            _ => self.plan().props.push(Prop { key: key(name), value, line }),
        }
    }
}
