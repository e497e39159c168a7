//! Wait-for graph as SVG and as nested lists, rendered on the server; Leptos escapes every name.

use leptos::prelude::*;
use model::locks::drawing::{
    BOX_HEIGHT, BOX_WIDTH, Fold, Forest, Item, Line, Link, Outline, Picture,
};
use model::locks::{EdgeKind, ModeSet};

use super::labels::{doing, holds, key, mode_class, shortened, statement, waited, wants, who};
use super::query::LocksQuery;
use super::scene::Scene;
use crate::ui::format;
use crate::ui::sql::one_line;

/// Characters that fit into a box, by their average width at its font size.
const NAME_LENGTH: usize = 40;
const LINE_LENGTH: usize = 46;
/// Characters of a statement: in a box, and in the list.
const STATEMENT_LENGTH: usize = 48;
const LISTED_LENGTH: usize = 80;
/// The x of the text in a box, and the baselines of its four lines.
const TEXT_X: f64 = 14.0;
const TEXT_Y: [f64; 4] = [19.0, 36.0, 52.0, 68.0];
/// A drawing up to this width is fitted to the page: its text stays readable. A wider one is scrolled.
const FITTED: f64 = 1_700.0;
/// The width of the bar in the lock mode's colour.
const BAR_WIDTH: f64 = 5.0;

/// The text of one box.
struct Words {
    name: String,
    second: String,
    third: String,
    /// The statement in full; None for a fold, and for people who may not see it.
    statement: Option<String>,
    class: String,
    to: String,
    id: String,
}

impl Scene<'_> {
    fn node(&self, forest: &Forest<'_>, node: u32, via: Option<&Link>, beside: bool) -> Words {
        let Some(of) = self.graph.node(node) else { return self.nobody() };
        let root = self.graph.roots.iter().find(|root| root.node == node);
        let held_up = root.map_or_else(|| forest.below(node), |root| root.holds_up);
        let holds_up = match held_up {
            0 => String::new(),
            n => format!(" · blocks {}", format::grouped(f64::from(n))),
        };
        let (second, third) = match via {
            Some(link) => (
                format!("wants {}", wants(self.graph, link)),
                format!("waits {}{holds_up}", waited(self.graph, link.since_us)),
            ),
            None => {
                let holds = holds(self.graph, node).unwrap_or_default();
                (doing(self.graph, of), format!("{holds}{holds_up}"))
            }
        };
        let third = third.trim_start_matches(" · ").to_owned();
        let mode = via.map_or_else(|| "mode-none".into(), |link| mode_class(link.wants));
        let marks = [
            (via.is_none(), " root"),
            (root.is_some_and(|root| root.in_cycle), " circle"),
            (self.selected == Some(node), " here"),
            (beside, " beside"),
        ];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, class)| *class).collect();
        let key = key(of);
        Words {
            name: who(of),
            second,
            third,
            statement: statement(of),
            class: format!("lock-box {mode}{marks}"),
            to: self.query.with_node(&key).to(self.server),
            id: key,
        }
    }

    fn nobody(&self) -> Words {
        let empty = String::new;
        Words {
            name: empty(),
            second: empty(),
            third: empty(),
            statement: None,
            class: "lock-box".into(),
            to: empty(),
            id: empty(),
        }
    }

    fn fold(&self, fold: &Fold) -> Words {
        let key = fold.under.and_then(|node| self.graph.node(node)).map(key);
        let what = if fold.under.is_none() {
            ("more root blocker", "more root blockers")
        } else {
            ("more waiting here", "more waiting here")
        };
        let behind = match fold.count - fold.direct {
            0 => String::new(),
            n => format!("{} behind them", format::grouped(f64::from(n))),
        };
        let name = format::plural(i64::from(fold.direct), what.0, what.1);
        let longest = match fold.since_us {
            Some(_) => format!("the longest {}", waited(self.graph, fold.since_us)),
            None => String::new(),
        };
        let key = key.unwrap_or_else(|| "roots".into());
        // What is cut from the graph is in the table.
        let (to, second) = if fold.opens {
            (self.query.with_open(&key).to(self.server), "open them")
        } else {
            let table = LocksQuery { view: "table".into(), ..self.query.clone() };
            (table.to(self.server), "see them in the table")
        };
        let third = if behind.is_empty() { longest } else { behind };
        Words {
            name,
            second: second.into(),
            third,
            statement: None,
            class: "lock-box fold".into(),
            to,
            id: format!("more-{key}"),
        }
    }

    fn words(&self, forest: &Forest<'_>, item: &Item) -> Words {
        match item {
            Item::Node { node, via, beside } => self.node(forest, *node, via.as_ref(), *beside),
            Item::Fold(fold) => self.fold(fold),
        }
    }

    /// The drawing.
    pub fn drawing(&self, forest: &Forest<'_>, outline: &Outline) -> AnyView {
        let picture = Picture::of(forest, outline);
        let boxes = picture.boxes.iter().map(|placed| {
            let words = self.words(forest, &placed.item);
            let (x, y) = (placed.x, placed.y);
            let [first, second, third, fourth] = TEXT_Y;
            let current = words.class.ends_with(" here").then_some("true");
            view! {
                <a class=words.class href=words.to id=format!("g-{}", words.id) aria-current=current data-row="" data-noscroll="">
                    <rect x=x y=y width=BOX_WIDTH height=BOX_HEIGHT rx="6"></rect>
                    <path class="lock-bar" d=format!("M{x} {y}h{BAR_WIDTH}v{BOX_HEIGHT}h-{BAR_WIDTH}z")></path>
                    <text class="lock-name" x=x + TEXT_X y=y + first>{shortened(&words.name, NAME_LENGTH)}</text>" "
                    <text x=x + TEXT_X y=y + second>{shortened(&words.second, LINE_LENGTH)}</text>" "
                    <text x=x + TEXT_X y=y + third>{shortened(&words.third, LINE_LENGTH)}</text>" "
                    {words.statement.map(|text| view! {
                        <text class="lock-statement" x=x + TEXT_X y=y + fourth><title>{text.clone()}</title>{one_line(&text, STATEMENT_LENGTH)}</text>
                    })}
                </a>
            }
        });
        let modes = picture.boxes.iter().filter_map(|placed| match &placed.item {
            Item::Node { via: Some(link), .. } => Some(link.wants),
            _ => None,
        });
        let modes: ModeSet = modes.collect();
        let modes = modes.modes().map(|mode| {
            view! { <li><span class=format!("swatch {}", mode_class(mode)) aria-hidden="true"></span>{mode.words()}</li> }
        });
        view! {
            <ul class="legend lock-wide">
                <li>"Wanted:"</li>
                {modes.collect_view()}
                <li>"━ waits for a lock that is held"</li>
                <li>"┅ waits for a session ahead in the queue"</li>
            </ul>
            <div class="scroll lock-wide" tabindex="0" role="group" aria-label="Who waits for whom">
                <svg
                    class=if picture.width <= FITTED { "lock-graph fitted" } else { "lock-graph" }
                    viewBox=format!("0 0 {:.0} {:.0}", picture.width, picture.height)
                    width=format!("{:.0}", picture.width)
                    height=format!("{:.0}", picture.height)
                    role="group"
                    aria-label="Root blockers on the left, each waiting session to the right of the session that blocks it"
                >
                    {lines(&picture.lines)}
                    {boxes.collect_view()}
                </svg>
            </div>
        }
        .into_any()
    }

    /// The graph as nested lists.
    pub fn list(&self, forest: &Forest<'_>, outline: &Outline, class: &'static str) -> AnyView {
        view! {
            <div class=format!("lock-tree {class}")>{self.level(forest, &outline.items, class.is_empty())}</div>
        }
        .into_any()
    }

    /// Items at one depth, each with its descendants.
    fn level(&self, forest: &Forest<'_>, items: &[(u32, Item)], rows: bool) -> AnyView {
        let Some((top, _)) = items.first() else { return ().into_any() };
        let below_top = items.chunk_by(|_, (depth, _)| depth > top);
        let entries = below_top.filter_map(|items| {
            let ((_, item), rest) = items.split_first()?;
            let words = self.words(forest, item);
            let current = words.class.ends_with(" here").then_some("true");
            Some(view! {
                <li>
                    <p class=words.class>
                        <a href=words.to id=format!("t-{}", words.id) aria-current=current data-row=rows.then_some("") data-noscroll="">{words.name}</a>
                        " " {words.second} " " <span class="muted">{words.third}</span>
                        {words.statement.map(|text| view! { <code class="lock-statement" title=text.clone()>{one_line(&text, LISTED_LENGTH)}</code> })}
                    </p>
                    {self.level(forest, rest, rows)}
                </li>
            })
        });
        view! { <ul>{entries.collect_view()}</ul> }.into_any()
    }
}

/// Whether an edge is of one kind.
type IsKind = fn(&Line) -> bool;

/// One path per kind of edge: a thousand edges are four elements.
fn lines(lines: &[Line]) -> AnyView {
    let kinds: [(&str, IsKind); 4] = [
        ("lock-line hard", |line| !line.closes && line.kind == Some(EdgeKind::Hard)),
        ("lock-line soft", |line| !line.closes && line.kind == Some(EdgeKind::Soft)),
        ("lock-line folded", |line| !line.closes && line.kind.is_none()),
        ("lock-line closes", |line| line.closes),
    ];
    kinds
        .iter()
        .map(|(class, is)| {
            let path: String = lines.iter().filter(|line| is(line)).map(curve).collect();
            (!path.is_empty()).then(|| view! { <path class=*class d=path></path> })
        })
        .collect_view()
        .into_any()
}

/// From the right of the blocker to the left of the waiter, with an arrowhead at the blocker.
fn curve(line: &Line) -> String {
    let ((x1, y1), (x2, y2)) = (line.from, line.to);
    let middle = if line.closes { x1 + 24.0 } else { (x1 + x2) / 2.0 };
    let back = if line.closes { x2 - 24.0 } else { middle };
    format!("M{x1} {y1}C{middle:.0} {y1} {back:.0} {y2} {x2} {y2}M{x1} {y1}l6 -4m-6 4l6 4")
}
