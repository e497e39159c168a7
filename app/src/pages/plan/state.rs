//! State of the plan page as Leptos signals: parsed plans, analysis, selected node, view, colour
//! scale. Shared by all views; the URL fragment keeps what a link reproduces.

use leptos::prelude::*;
use plan::layout::Scale;
use plan::rules::Limits;
use serde::{Deserialize, Serialize};

use super::analysis::{Analysis, Compared, ParsedPlans, Shared};
use super::catalog::ServerCatalog;
use super::reading::{COMPARING, READING};

/// The texts of a submitted form, serialised into the page so that hydration starts from the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanTexts {
    /// The plan.
    #[serde(default)]
    pub plan: String,
    /// The plan to compare with.
    #[serde(default)]
    pub other: String,
}

/// The views of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Tiles.
    #[default]
    Tree,
    /// Flame graph.
    Flame,
    /// Rows.
    Table,
    /// The source text.
    Source,
    /// The statement.
    Query,
    /// Totals.
    Totals,
}

impl View {
    /// All views, in the order of their tabs.
    pub const ALL: [Self; 6] =
        [Self::Tree, Self::Flame, Self::Table, Self::Source, Self::Query, Self::Totals];

    /// Its label; in lower case also in the URL fragment.
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
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str().eq_ignore_ascii_case(name))
    }
}

/// The state of the page.
#[derive(Clone, Copy)]
pub struct PlanState {
    /// The parsed plans.
    pub paste: RwSignal<Option<Shared<ParsedPlans>>>,
    /// The plan to compare with.
    pub other: RwSignal<Option<Shared<ParsedPlans>>>,
    /// The index of the selected plan.
    pub plan_index: RwSignal<usize>,
    /// The analysis of the selected plan.
    pub analysis: Memo<Option<Shared<Analysis>>>,
    /// What differs between it and the plan to compare with.
    pub comparison: Memo<Option<Shared<Compared>>>,
    /// A watched server's catalog of the plan's tables, once read.
    pub server_catalog: RwSignal<Option<Shared<ServerCatalog>>>,
    /// The server whose catalog is to be read; empty for none.
    pub catalog_server: RwSignal<String>,
    /// Its database; empty for that of its DSN.
    pub catalog_database: RwSignal<String>,
    /// Why that server's catalog could not be read.
    pub catalog_error: RwSignal<Option<String>>,
    /// Why the last text could not be parsed.
    pub parse_error: RwSignal<Option<String>>,
    /// Whether a text waits for the code that reads it.
    pub fetching: RwSignal<bool>,
    /// The selected node.
    pub node: RwSignal<Option<usize>>,
    /// Incremented to make the views scroll the selected node into view.
    pub reveal_count: RwSignal<u32>,
    /// Whether the node panel is open.
    pub panel_open: RwSignal<bool>,
    /// The view.
    pub view: RwSignal<View>,
    /// The colour scale.
    pub scale: RwSignal<Scale>,
    /// Whether the page is hydrated: before, and without JavaScript, the plan is a static table.
    pub hydrated: RwSignal<bool>,
}

impl PlanState {
    /// The initial state, from a submitted form.
    pub fn new(texts: &PlanTexts, catalog: Option<ServerCatalog>, limits: Limits) -> Self {
        let (paste, other) = (RwSignal::new(None), RwSignal::new(None));
        let plan_index = RwSignal::new(0);
        let server_catalog = RwSignal::new(None::<Shared<ServerCatalog>>);
        let limits = StoredValue::new(limits);
        let own = move || {
            server_catalog.with(|catalog| {
                analysis(
                    paste,
                    plan_index.get(),
                    limits,
                    catalog.as_ref().map(|catalog| &catalog.catalog),
                )
            })
        };
        let before = Memo::new(move |_| own());
        let after = Memo::new(move |_| analysis(other, 0, limits, None));
        let state = Self {
            paste,
            other,
            plan_index,
            analysis: before,
            comparison: Memo::new(move |_| {
                let (before, after) = (before.get()?, after.get()?);
                Some((COMPARING.get()?.compare)(before, after))
            }),
            server_catalog,
            catalog_server: RwSignal::new(String::new()),
            catalog_database: RwSignal::new(String::new()),
            catalog_error: RwSignal::new(None),
            parse_error: RwSignal::new(None),
            fetching: RwSignal::new(false),
            node: RwSignal::new(None),
            reveal_count: RwSignal::new(0),
            panel_open: RwSignal::new(false),
            view: RwSignal::new(View::Tree),
            scale: RwSignal::new(Scale::SelfTime),
            hydrated: RwSignal::new(false),
        };
        if !texts.plan.trim().is_empty() {
            let other = texts.other.clone();
            state.open(texts.plan.clone(), catalog, move |_| {
                if !other.trim().is_empty() {
                    state.compare(other);
                }
            });
        }
        state
    }

    /// Parses and shows a text; on a parse error the previous plan stays. Resets the catalog: that
    /// of the previous plan may be another server's. `then` gets whether there was a plan.
    pub fn load(self, text: String, then: impl FnOnce(bool) + 'static) {
        self.open(text, None, then);
    }

    /// Parses and shows a text, with the catalog of its tables.
    pub fn open(
        self,
        text: String,
        catalog: Option<ServerCatalog>,
        then: impl FnOnce(bool) + 'static,
    ) {
        self.fetching.set(READING.get().is_none());
        READING.with(move |reading| {
            // Meanwhile the page may have been left.
            if self.paste.is_disposed() {
                return;
            }
            self.fetching.set(false);
            match (reading.read)(text) {
                Ok(paste) => {
                    self.show_paste(paste, catalog);
                    then(true);
                }
                Err(error) => {
                    self.parse_error.set(Some(refusal(&error)));
                    then(false);
                }
            }
        });
    }

    fn show_paste(self, paste: Shared<ParsedPlans>, catalog: Option<ServerCatalog>) {
        self.parse_error.set(None);
        self.panel_open.set(false);
        self.node.set(None);
        self.plan_index.set(0);
        let from_catalog =
            |of: fn(&ServerCatalog) -> String| catalog.as_ref().map(of).unwrap_or_default();
        self.catalog_server.set(from_catalog(|catalog| catalog.server.to_string()));
        self.catalog_database.set(from_catalog(|catalog| catalog.database.clone()));
        self.server_catalog.set(catalog.map(Shared::new));
        self.catalog_error.set(None);
        self.paste.set(Some(paste));
        self.node
            .set(self.analysis.with_untracked(|analysis| {
                analysis.as_ref().and_then(|analysis| analysis.worst())
            }));
    }

    /// Parses the plan to compare with.
    pub fn compare(self, text: String) {
        READING.with(move |reading| {
            COMPARING.with(move |_| {
                if self.other.is_disposed() {
                    return;
                }
                match (reading.read)(text) {
                    Ok(paste) => {
                        self.parse_error.set(None);
                        self.other.set(Some(paste));
                    }
                    Err(error) => self
                        .parse_error
                        .set(Some(format!("The plan to compare with: {}", refusal(&error)))),
                }
            });
        });
    }

    /// Selects another plan of the same text.
    pub fn choose(self, place: usize) {
        self.node.set(None);
        self.panel_open.set(false);
        self.plan_index.set(place);
        self.node
            .set(self.analysis.with_untracked(|analysis| {
                analysis.as_ref().and_then(|analysis| analysis.worst())
            }));
    }

    /// Swaps the two plans of a comparison.
    pub fn swap(self) {
        let (first, second) = (self.paste.get_untracked(), self.other.get_untracked());
        self.node.set(None);
        self.paste.set(second);
        self.other.set(first);
    }

    /// Selects a node and opens its panel.
    pub fn open_node(self, node: usize) {
        self.node.set(Some(node));
        self.panel_open.set(true);
    }

    /// Selects a node and scrolls it into view.
    pub fn show(self, node: usize) {
        self.node.set(Some(node));
        self.reveal_count.update(|times| *times = times.wrapping_add(1));
    }
}

/// The analysis of the selected plan.
fn analysis(
    paste: RwSignal<Option<Shared<ParsedPlans>>>,
    chosen: usize,
    limits: StoredValue<Limits>,
    catalog: Option<&plan::Catalog>,
) -> Option<Shared<Analysis>> {
    paste.with(|paste| {
        let paste = paste.as_ref()?;
        let reading = READING.get()?;
        limits.with_value(|limits| (reading.analyse)(paste, chosen, limits, catalog))
    })
}

/// The message for a text without a plan.
fn refusal(error: &plan::ParseError) -> String {
    format!("This plan cannot be parsed. {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::plan::analysis::tests::FILTERED;

    #[test]
    fn a_bad_paste_says_why_and_keeps_the_plan() {
        crate::pages::plan::parts::provide();
        Owner::new().with(|| {
            let state = PlanState::new(
                &PlanTexts { plan: FILTERED.into(), other: String::new() },
                None,
                Limits::default(),
            );
            assert_eq!(state.node.get_untracked(), Some(0));
            state.load("no plan".into(), |read| assert!(!read));
            assert!(
                state.parse_error.get_untracked().is_some_and(|message| message.contains("Line 1"))
            );
            assert!(state.analysis.get_untracked().is_some());
        });
    }

    #[test]
    fn views_have_words() {
        for view in View::ALL {
            assert_eq!(View::from_name(&view.as_str().to_lowercase()), Some(view));
        }
    }
}
