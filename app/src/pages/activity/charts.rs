//! Chart of average active sessions (AAS) by wait class over time. Server-side only.

use model::activity::Activity;
use model::{Latest, ServerId, Unit};

use crate::live::charts::{ChartSource, absent};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};
use crate::ui::colors::wait_class;

inventory::submit! {
    ChartSource { page: "activity", charts }
}

/// What the legend says where the cores of the machine are not known.
const CORES_UNKNOWN: &str = "cores unknown: set cores in pgdeck.toml";

/// The charts of a server; None: no such server.
pub fn charts(engine: &engine::Engine, server: &ServerId) -> Option<Vec<Chart>> {
    let latest = engine.latest::<engine::areas::activity::ActivityArea>(server)?;
    Some(vec![load(&latest, engine.facts(server).and_then(|facts| facts.cores))])
}

/// Average active sessions by wait class over time, with the cores that can work on them at once.
fn load(latest: &Latest<Activity>, cores: Option<u32>) -> Chart {
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
    let drawn = chart(ChartSpec {
        id: "waits",
        title: "Average active sessions by wait class",
        unit: Unit::Count,
        times: samples.iter().map(|sample| sample.at_ms).collect(),
        lines,
        limit: cores.map(|cores| ("cores".to_owned(), f64::from(cores))),
        stacked: true,
        absent: absent(latest),
    });
    let note = cores.is_none().then(|| CORES_UNKNOWN.to_owned());
    Chart { note, ..drawn }
}

#[cfg(test)]
mod tests {
    use model::Reading;
    use model::activity::WaitSample;

    use super::*;

    fn busy() -> Latest<Activity> {
        let sample = |at_ms| WaitSample { at_ms, classes: vec![("CPU".into(), 3.0)] };
        let value = serde_json::from_value(serde_json::json!({
            "sessions": [], "sessions_total": 0, "connections": 0, "max_connections": 100,
            "reserved_connections": 3, "progress": { "Ok": [] }, "others": { "Ok": null }, "waits": []
        }));
        let value: Activity = value.expect("a reading of an earlier version");
        assert!(value.connection_use.is_err() && value.wait_events.is_err());
        let value = Activity { waits: vec![sample(0), sample(1_000)], ..value };
        let reading =
            Reading { at_ms: 0, took_ms: 0.0, value, findings: vec![], not_checked: vec![] };
        Latest { now_ms: 0, every_ms: 1_000, reading: Some(reading), failure: None }
    }

    #[test]
    fn the_cores_are_a_line_or_the_legend_says_how_to_set_them() {
        let chart = load(&busy(), Some(4));
        assert_eq!((chart.limit, chart.note), (Some(("cores".into(), 4.0)), None));
        assert!(chart.picture.is_ok_and(|picture| picture.limit_drawn));
        let unknown = load(&busy(), None);
        assert_eq!(unknown.limit, None);
        assert_eq!(unknown.note.as_deref(), Some(CORES_UNKNOWN));
    }
}
