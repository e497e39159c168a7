//! What is on the page: the pastes, the chosen plan, node, view and colour. One state for all views;
//! the address's fragment keeps what a link should reproduce.

use leptos::prelude::*;
use plan::layout::Scale;
use plan::rules::Limits;
use serde::{Deserialize, Serialize};

use super::analysis::{Case, Paste, Shared};
use super::catalog::Consulted;

/// What a form brought to the server. Handed on in the page, so that the browser starts from the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pasted {
    /// The plan.
    #[serde(default)]
    pub plan: String,
    /// The plan it is compared with.
    #[serde(default)]
    pub other: String,
}

/// The ways to look at a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Boxes.
    #[default]
    Tree,
    /// Rectangles as wide as their time.
    Flame,
    /// Rows.
    Table,
    /// The paste itself.
    Source,
    /// The statement.
    Query,
    /// Sums.
    Totals,
}

impl View {
    /// All views in the order of their tabs and digits.
    pub const ALL: [Self; 6] =
        [Self::Tree, Self::Flame, Self::Table, Self::Source, Self::Query, Self::Totals];

    /// Its name on the tab; in lower case also in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Flame => "Flame",
            Self::Table => "Table",
            Self::Source => "Source",
            Self::Query => "Query",
            Self::Totals => "Totals",
        }
    }

    /// The view of that name.
    #[cfg(any(feature = "hydrate", test))]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str().eq_ignore_ascii_case(name))
    }
}

/// The state of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The paste.
    pub paste: RwSignal<Option<Shared<Paste>>>,
    /// What it is compared with.
    pub other: RwSignal<Option<Shared<Paste>>>,
    /// Which plan of the paste, from 0.
    pub chosen: RwSignal<usize>,
    /// The chosen plan with what follows.
    pub case: Memo<Option<Shared<Case>>>,
    /// The plan it is compared with, with what follows.
    pub other_case: Memo<Option<Shared<Case>>>,
    /// What a watched server says of the plan's tables, when one was asked.
    pub consulted: RwSignal<Option<Shared<Consulted>>>,
    /// The name of the server whose catalog is to be asked; empty for none.
    pub judge: RwSignal<String>,
    /// Its database, empty for that of its DSN.
    pub judge_database: RwSignal<String>,
    /// Why that server's catalog is not known.
    pub unread: RwSignal<Option<String>>,
    /// Why the last paste could not be read.
    pub failed: RwSignal<Option<String>>,
    /// The node looked at.
    pub node: RwSignal<Option<usize>>,
    /// Counts how often a node was asked to come into sight.
    pub shown: RwSignal<u32>,
    /// Whether the panel of the node is open.
    pub panel: RwSignal<bool>,
    /// The view.
    pub view: RwSignal<View>,
    /// What colours stand for.
    pub scale: RwSignal<Scale>,
    /// Whether the browser has taken over: before, and without JavaScript, the plan is one table.
    pub alive: RwSignal<bool>,
}

impl Desk {
    /// An empty desk, or one with what the form or the address brought.
    pub fn new(pasted: &Pasted, told: Option<Consulted>, limits: Limits) -> Self {
        let (paste, other) = (RwSignal::new(None), RwSignal::new(None));
        let chosen = RwSignal::new(0);
        let consulted = RwSignal::new(None::<Shared<Consulted>>);
        let limits = StoredValue::new(limits);
        let own = move || {
            consulted.with(|told| {
                case(paste, chosen.get(), limits, told.as_ref().map(|told| &told.catalog))
            })
        };
        let desk = Self {
            paste,
            other,
            chosen,
            case: Memo::new(move |_| own()),
            other_case: Memo::new(move |_| case(other, 0, limits, None)),
            consulted,
            judge: RwSignal::new(String::new()),
            judge_database: RwSignal::new(String::new()),
            unread: RwSignal::new(None),
            failed: RwSignal::new(None),
            node: RwSignal::new(None),
            shown: RwSignal::new(0),
            panel: RwSignal::new(false),
            view: RwSignal::new(View::Tree),
            scale: RwSignal::new(Scale::SelfTime),
            alive: RwSignal::new(false),
        };
        if !pasted.plan.trim().is_empty() {
            desk.open(pasted.plan.clone(), told);
        }
        if !pasted.other.trim().is_empty() {
            desk.compare(pasted.other.clone());
        }
        desk
    }

    /// Reads a paste and shows it; what cannot be read leaves the last plan where it is. No server is
    /// asked about it: that of the plan before may be another one.
    pub fn load(self, text: String) -> bool {
        self.open(text, None)
    }

    /// The same, with what a server said of its tables.
    pub fn open(self, text: String, told: Option<Consulted>) -> bool {
        let plan = match Paste::read(text) {
            Ok(paste) => paste,
            Err(error) => {
                self.failed.set(Some(refusal(&error)));
                return false;
            }
        };
        self.failed.set(None);
        self.panel.set(false);
        self.node.set(None);
        self.chosen.set(0);
        let of_told = |of: fn(&Consulted) -> String| told.as_ref().map(of).unwrap_or_default();
        self.judge.set(of_told(|told| told.server.to_string()));
        self.judge_database.set(of_told(|told| told.database.clone()));
        self.consulted.set(told.map(Shared::new));
        self.unread.set(None);
        self.paste.set(Some(plan));
        self.node.set(self.case.with_untracked(|case| case.as_ref().and_then(|case| case.worst())));
        true
    }

    /// Reads the paste to compare with.
    pub fn compare(self, text: String) -> bool {
        match Paste::read(text) {
            Ok(paste) => {
                self.failed.set(None);
                self.other.set(Some(paste));
                true
            }
            Err(error) => {
                self.failed.set(Some(format!("The plan to compare with: {}", refusal(&error))));
                false
            }
        }
    }

    /// Another plan of the same paste.
    pub fn choose(self, place: usize) {
        self.node.set(None);
        self.panel.set(false);
        self.chosen.set(place);
        self.node.set(self.case.with_untracked(|case| case.as_ref().and_then(|case| case.worst())));
    }

    /// Looks at a node and brings it into sight.
    pub fn show(self, node: usize) {
        self.node.set(Some(node));
        self.shown.update(|times| *times = times.wrapping_add(1));
    }
}

/// The chosen plan of a paste with what follows.
fn case(
    paste: RwSignal<Option<Shared<Paste>>>,
    chosen: usize,
    limits: StoredValue<Limits>,
    catalog: Option<&plan::Catalog>,
) -> Option<Shared<Case>> {
    paste.with(|paste| {
        let paste = paste.as_ref()?;
        limits.with_value(|limits| paste.case(chosen, limits, catalog))
    })
}

/// What to say of a text that holds no plan.
fn refusal(error: &plan::ParseError) -> String {
    format!("This plan cannot be parsed. {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::plan::analysis::tests::FILTERED;

    #[test]
    fn a_bad_paste_says_why_and_keeps_the_plan() {
        Owner::new().with(|| {
            let desk = Desk::new(
                &Pasted { plan: FILTERED.into(), other: String::new() },
                None,
                Limits::default(),
            );
            assert_eq!(desk.node.get_untracked(), Some(0));
            assert!(!desk.load("no plan".into()));
            assert!(desk.failed.get_untracked().is_some_and(|message| message.contains("Line 1")));
            assert!(desk.case.get_untracked().is_some());
        });
    }

    #[test]
    fn views_have_words() {
        for view in View::ALL {
            assert_eq!(View::by_name(&view.as_str().to_lowercase()), Some(view));
        }
    }
}
