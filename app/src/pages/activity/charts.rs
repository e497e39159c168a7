//! Chart of average active sessions (AAS) by wait class over time. Server-side only.

use model::activity::Activity;
use model::{Latest, Unit};

use crate::live::charts::{ChartSource, absent};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};
use crate::ui::colors::wait_class;

inventory::submit! {
    ChartSource { page: "activity", charts: |engine, server| Some(charts(&engine.latest::<engine::areas::activity::ActivityArea>(server)?)) }
}

/// Average active sessions by wait class over time.
pub fn charts(latest: &Latest<Activity>) -> Vec<Chart> {
    let samples = latest.value().map_or(&[][..], |activity| &activity.waits);
    let mut names: Vec<String> = samples
        .iter()
        .flat_map(|sample| sample.classes.iter().map(|(name, _)| name.clone()))
        .collect();
    names.sort_by(|a, b| (a != "CPU").cmp(&(b != "CPU")).then_with(|| a.cmp(b)));
    names.dedup();
    let lines = names
        .into_iter()
        .map(|name| Line {
            class: wait_class(&name).to_owned(),
            points: samples
                .iter()
                .map(|sample| {
                    // A missing class had no session at that time: a known zero.
                    Some(
                        sample
                            .classes
                            .iter()
                            .find(|(n, _)| *n == name)
                            .map_or(0.0, |(_, count)| *count),
                    )
                })
                .collect(),
            name,
        })
        .collect();
    vec![chart(ChartSpec {
        id: "waits",
        title: "Average active sessions by wait class",
        unit: Unit::Count,
        times: samples.iter().map(|sample| sample.at_ms).collect(),
        lines,
        limit: None,
        stacked: true,
        absent: absent(latest),
    })]
}
