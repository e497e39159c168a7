//! What is shown by code that is fetched when it is first needed (`parts.rs`). What is called through these
//! pointers may be called in no other way from the rest of the page, or it is fetched with the page.

use leptos::prelude::*;

use super::analysis::{Analysis, Compared, ParsedPlans, Shared};
use super::catalog::ServerCatalog;
use super::explain::runner::ExplainRunner;
use super::explain::{ExplainSubmission, Servers};
use super::state::{PlanState, View};
use crate::live::lazy_code::LazyCode;

/// Showing a plan.
#[derive(Clone, Copy)]
pub struct ReportCode {
    /// Picture and findings.
    pub first_screen: fn(PlanState) -> Option<AnyView>,
    /// What stands below them.
    pub details: fn(PlanState) -> Option<AnyView>,
}

/// The views that are not shown at first.
#[derive(Clone, Copy)]
pub struct ViewsCode {
    /// One of them.
    pub view: fn(View, &Shared<ParsedPlans>, &Shared<Analysis>, PlanState) -> AnyView,
}

/// Showing a comparison.
#[derive(Clone, Copy)]
pub struct ComparisonCode {
    /// What differs.
    pub view: fn(&Compared, PlanState) -> AnyView,
}

/// Running EXPLAIN on a server, and reading its catalog.
#[derive(Clone, Copy)]
pub struct ServerCode {
    /// The state of the form.
    pub runner: fn(PlanState, &ExplainSubmission) -> ExplainRunner,
    /// The form.
    pub form: fn(ExplainRunner, Servers, ExplainSubmission) -> AnyView,
    /// How the plan was made.
    pub origin: fn(ExplainRunner) -> Option<AnyView>,
    /// What a submitted form led to, as JSON.
    #[cfg_attr(feature = "ssr", expect(dead_code, reason = "the server has it itself"))]
    pub submitted: fn(&str) -> Option<Submitted>,
    /// Reads the catalog of the chosen server.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser asks"))]
    pub read_catalog: fn(PlanState, String, String),
    /// A catalog that was read.
    pub catalog: fn(&ServerCatalog) -> AnyView,
}

/// What a submitted form led to.
pub type Submitted = (ExplainSubmission, Option<ServerCatalog>);

/// Saving, sharing and anonymising a plan.
#[derive(Clone, Copy)]
pub struct SaveCode {
    /// Does it, and says so.
    pub save: fn(Save, &Shared<Analysis>, PlanState, RwSignal<String>),
}

/// What the menu offers.
#[derive(Clone, Copy)]
pub enum Save {
    /// A permalink, copied.
    Link,
    /// The report as Markdown.
    Report,
    /// The tree as SVG.
    Svg,
    /// The tree as PNG.
    Png,
    /// The plan under other names, shown.
    Anonymised,
}

impl Save {
    /// All, with their labels.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Link, "Copy a link"),
        (Self::Report, "Save report (Markdown)"),
        (Self::Svg, "Save tree (SVG)"),
        (Self::Png, "Save tree (PNG)"),
        (Self::Anonymised, "Show anonymised"),
    ];
}

/// Fetched with the first plan.
pub static REPORT: LazyCode<ReportCode> = LazyCode::new();
/// Fetched with the first of these views.
pub static VIEWS: LazyCode<ViewsCode> = LazyCode::new();
/// Fetched with a plan to compare with.
pub static COMPARISON: LazyCode<ComparisonCode> = LazyCode::new();
/// Fetched when its form is opened, or a server is chosen.
pub static SERVER: LazyCode<ServerCode> = LazyCode::new();
/// Fetched when something is to be saved.
pub static SAVE: LazyCode<SaveCode> = LazyCode::new();
