//! Chart of average active sessions (AAS) by wait class over time. Server-side only.

use model::{Reason, ServerId, TimeRange, Unit};

use crate::live::charts::{ChartSource, absent, nothing_kept};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};
use crate::ui::colors::wait_class;

inventory::submit! {
    ChartSource { page: "activity", charts, past: |engine, server, range| Box::pin(past(engine, server, range)) }
}

/// What the legend says where the cores of the machine are not known.
const CORES_UNKNOWN: &str = "cores unknown: set cores in pgdeck.toml";

/// A moment and its sessions by wait class; None where nothing was read.
type Shown<'a> = (i64, Option<&'a [(String, f64)]>);

/// The charts of a server; None: no such server.
pub fn charts(engine: &engine::Engine, server: &ServerId) -> Option<Vec<Chart>> {
    let latest = engine.latest::<engine::areas::activity::ActivityArea>(server)?;
    let samples = latest.value().map_or(&[][..], |activity| &activity.waits);
    let moments: Vec<Shown<'_>> =
        samples.iter().map(|sample| (sample.at_ms, Some(sample.classes.as_slice()))).collect();
    Some(vec![load(&moments, absent(&latest), cores(engine, server))])
}

/// The same charts over a range of the past.
async fn past(
    engine: engine::Engine,
    server: ServerId,
    range: TimeRange,
) -> Result<Vec<Chart>, String> {
    let moments = engine::areas::activity::profile::of_range(&engine, &server, range).await?;
    let moments: Vec<Shown<'_>> =
        moments.iter().map(|(at_ms, classes)| (*at_ms, classes.as_deref())).collect();
    Ok(vec![load(&moments, nothing_kept(), cores(&engine, &server))])
}

fn cores(engine: &engine::Engine, server: &ServerId) -> Option<u32> {
    engine.facts(server).and_then(|facts| facts.cores)
}

/// Average active sessions by wait class over time, with the cores that can work on them at once.
fn load(moments: &[Shown<'_>], absent: Reason, cores: Option<u32>) -> Chart {
    let classes = moments.iter().flat_map(|(_, classes)| classes.iter().copied().flatten());
    let mut names: Vec<&String> = classes.map(|(name, _)| name).collect();
    names.sort_by(|a, b| (*a != "CPU").cmp(&(*b != "CPU")).then_with(|| a.cmp(b)));
    names.dedup();
    // A missing class had no session at that time: a known zero. Without classes nothing was read.
    let value = |classes: &Option<&[(String, f64)]>, name: &str| {
        let found = classes.as_ref()?.iter().find(|(class, _)| class == name);
        Some(found.map_or(0.0, |(_, count)| *count))
    };
    let lines = names
        .into_iter()
        .map(|name| Line {
            class: wait_class(name).to_owned(),
            points: moments.iter().map(|(_, classes)| value(classes, name)).collect(),
            name: name.clone(),
        })
        .collect();
    let drawn = chart(ChartSpec {
        id: "waits",
        title: "Average active sessions by wait class",
        unit: Unit::Count,
        times: moments.iter().map(|(at_ms, _)| *at_ms).collect(),
        lines,
        limit: cores.map(|cores| ("cores".to_owned(), f64::from(cores))),
        stacked: true,
        absent,
    });
    let note = cores.is_none().then(|| CORES_UNKNOWN.to_owned());
    Chart { note, ..drawn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_a_gap_and_a_class_that_is_missing_a_zero() {
        let (cpu, lock) = ([("CPU".to_owned(), 3.0)], [("Lock".to_owned(), 1.0)]);
        let moments: [Shown<'_>; 4] =
            [(0, Some(&cpu)), (1_000, Some(&cpu)), (2_000, None), (3_000, Some(&lock))];
        let chart = load(&moments, Reason::NotYet, Some(4));
        let points: Vec<_> = chart.lines.iter().map(|line| line.points.clone()).collect();
        assert_eq!(points[0], [Some(3.0), Some(3.0), None, Some(0.0)]);
        assert_eq!(points[1], [Some(0.0), Some(0.0), None, Some(1.0)]);
    }

    #[test]
    fn the_cores_are_a_line_or_the_legend_says_how_to_set_them() {
        let cpu = [("CPU".to_owned(), 3.0)];
        let busy: [Shown<'_>; 2] = [(0, Some(&cpu)), (1_000, Some(&cpu))];
        let chart = load(&busy, Reason::NotYet, Some(4));
        assert_eq!((chart.limit, chart.note), (Some(("cores".into(), 4.0)), None));
        assert!(chart.picture.is_ok_and(|picture| picture.limit_drawn));
        let unknown = load(&busy, Reason::NotYet, None);
        assert_eq!(unknown.limit, None);
        assert_eq!(unknown.note.as_deref(), Some(CORES_UNKNOWN));
    }
}
