//! The parts of the page that are files of their own: which functions each holds.

#[cfg(feature = "hydrate")]
use leptos::prelude::*;

use super::analysis::{Compared, ParsedPlans};
use super::catalog::{self, picker};
use super::code::{
    COMPARISON, ComparisonCode, REPORT, ReportCode, SAVE, SERVER, SaveCode, ServerCode, VIEWS,
    ViewsCode,
};
use super::explain::runner::ExplainRunner;
use super::explain::{form, result};
use super::reading::{COMPARING, ComparingCode, READING, ReadingCode};
use super::report::{self, compare};
use super::{describe, share, views};

type Report = (ReadingCode, ReportCode);
type Compare = (ComparingCode, ComparisonCode);

fn report() -> Report {
    let reading = ReadingCode {
        read: ParsedPlans::read,
        analyse: ParsedPlans::analysis,
        verdict: describe::verdict,
    };
    (reading, ReportCode { first_screen: report::first_screen, details: report::details })
}

fn compare() -> Compare {
    let verdict = |all: &Compared| compare::verdict(&all.found);
    (ComparingCode { compare: Compared::of, verdict }, ComparisonCode { view: compare::compared })
}

fn views() -> ViewsCode {
    ViewsCode { view: views::other }
}

fn server() -> ServerCode {
    ServerCode {
        runner: ExplainRunner::new,
        form: form::form,
        origin: result::origin,
        submitted: |text| model::wire::read(text).ok(),
        read_catalog: picker::read_catalog,
        catalog: catalog::server_catalog,
    }
}

fn save() -> SaveCode {
    SaveCode { save: share::save }
}

#[cfg(feature = "hydrate")]
#[lazy]
fn plan_report() -> Report {
    report()
}

#[cfg(feature = "hydrate")]
#[lazy]
fn plan_compare() -> Compare {
    compare()
}

#[cfg(feature = "hydrate")]
#[lazy]
fn plan_views() -> ViewsCode {
    views()
}

#[cfg(feature = "hydrate")]
#[lazy]
fn plan_server() -> ServerCode {
    server()
}

#[cfg(feature = "hydrate")]
#[lazy]
fn plan_save() -> SaveCode {
    save()
}

/// Says how each part is fetched.
#[cfg(feature = "hydrate")]
pub fn provide() {
    READING.fetch_by(|| {
        Box::pin(async {
            let (reading, report) = plan_report().await;
            REPORT.set(report);
            reading
        })
    });
    COMPARING.fetch_by(|| {
        Box::pin(async {
            let (comparing, comparison) = plan_compare().await;
            COMPARISON.set(comparison);
            comparing
        })
    });
    VIEWS.fetch_by(|| Box::pin(plan_views()));
    SERVER.fetch_by(|| Box::pin(plan_server()));
    SAVE.fetch_by(|| Box::pin(plan_save()));
}

/// Puts all parts in their places.
#[cfg(not(feature = "hydrate"))]
pub fn provide() {
    let ((reading, report), (comparing, comparison)) = (report(), compare());
    READING.set(reading);
    REPORT.set(report);
    COMPARING.set(comparing);
    COMPARISON.set(comparison);
    VIEWS.set(views());
    SERVER.set(server());
    SAVE.set(save());
}

/// Waits for all that a page needs whose server has filled it already.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    provide();
    let filled = document().query_selector("[data-filled]").ok().flatten().is_some();
    if filled {
        READING.fetched().await;
        COMPARING.fetched().await;
        SERVER.fetched().await;
    }
}
