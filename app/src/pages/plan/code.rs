//! The parts of the page whose code is fetched when they are first needed. What is called through these
//! pointers may be called in no other way from the rest of the page, or it is fetched with the page.

use leptos::prelude::*;
use plan::rules::Limits;
use plan::{Catalog, ParseError};

use super::analysis::{Analysis, Compared, ParsedPlans, Shared};
use super::catalog::{self, ServerCatalog, picker};
use super::explain::runner::ExplainRunner;
use super::explain::{ExplainSubmission, Servers, form, result};
use super::report::{self, compare};
use super::share::{self, Save};
use super::state::{PlanState, View};
use super::{describe, views};
use crate::live::lazy_code::lazy_code;

/// Analyses the plan at an index.
type Analyse = fn(&ParsedPlans, usize, &Limits, Option<&Catalog>) -> Option<Shared<Analysis>>;

/// Reading a plan, judging and showing it.
#[derive(Clone, Copy)]
pub struct ReportCode {
    /// Parses a text.
    pub read: fn(String) -> Result<Shared<ParsedPlans>, ParseError>,
    /// Analyses the plan at an index.
    pub analyse: Analyse,
    /// The verdict in a sentence, and its CSS class.
    pub verdict: fn(&Analysis) -> (String, &'static str),
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

/// Comparing two plans.
#[derive(Clone, Copy)]
pub struct CompareCode {
    /// Compares them.
    pub compare: fn(Shared<Analysis>, Shared<Analysis>) -> Shared<Compared>,
    /// The comparison in a sentence.
    pub verdict: fn(&Compared) -> String,
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

lazy_code! {
    /// Fetched with the first plan.
    REPORT: ReportCode = plan_report ReportCode {
        read: ParsedPlans::read,
        analyse: ParsedPlans::analysis,
        verdict: describe::verdict,
        first_screen: report::first_screen,
        details: report::details,
    };
    /// Fetched with the first of these views.
    VIEWS: ViewsCode = plan_views ViewsCode { view: views::other };
    /// Fetched with a plan to compare with.
    COMPARE: CompareCode = plan_compare CompareCode {
        compare: Compared::of,
        verdict: |all| compare::verdict(&all.found),
        view: compare::compared,
    };
    /// Fetched when its form is opened, or a server is chosen.
    SERVER: ServerCode = plan_server ServerCode {
        runner: ExplainRunner::new,
        form: form::form,
        origin: result::origin,
        submitted: |text| model::wire::read(text).ok(),
        read_catalog: picker::read_catalog,
        catalog: catalog::server_catalog,
    };
    /// Fetched when something is to be saved.
    SAVE: SaveCode = plan_save SaveCode { save: share::save };
}

/// Waits for all that a page needs whose server has filled it already.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    let filled = document().query_selector("[data-filled]").ok().flatten().is_some();
    if filled {
        REPORT.fetched().await;
        COMPARE.fetched().await;
        SERVER.fetched().await;
    }
}
