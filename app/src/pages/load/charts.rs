//! The chart of the load: average active sessions by group, stacked. Server-side only.

use engine::areas::activity::load::{GROUPS_SHOWN, NOT_KNOWN, OTHERS};
use model::Unit;
use model::activity::load::{LoadBy, LoadMoment};

use crate::live::charts::nothing_kept;
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};
use crate::ui::colors::wait_class;

/// The colours of groups, by rank; wait classes have their own.
const COLOURS: [&str; GROUPS_SHOWN] =
    ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7"];
/// What the legend says where the cores of the machine are not known.
const CORES_UNKNOWN: &str = "cores unknown: set cores in pgdeck.toml";

/// The chart; `called` gives a group the name that people know it by.
pub fn load(
    moments: &[LoadMoment],
    by: LoadBy,
    cores: Option<u32>,
    called: impl Fn(&str) -> String,
) -> Chart {
    let names = ranked(moments);
    let value = |groups: &Option<Vec<(String, f64)>>, name: &str| {
        let found = groups.as_ref()?.iter().find(|(group, _)| group == name);
        // A group that is missing had no session at that time: a known zero.
        Some(found.map_or(0.0, |(_, average)| *average))
    };
    let line = |(rank, name): (usize, &String)| Line {
        class: match by {
            LoadBy::Class => wait_class(name),
            _ => colour(name, rank),
        }
        .to_owned(),
        points: moments.iter().map(|(_, groups)| value(groups, name)).collect(),
        name: called(name),
    };
    let title = match by {
        LoadBy::Class => "Average active sessions by wait class",
        LoadBy::Event => "Average active sessions by wait event",
        LoadBy::Statement => "Average active sessions by statement",
        LoadBy::Application => "Average active sessions by application",
        LoadBy::Role => "Average active sessions by role",
        LoadBy::Database => "Average active sessions by database",
        LoadBy::Client => "Average active sessions by client",
    };
    let drawn = chart(ChartSpec {
        id: "load",
        title,
        unit: Unit::Count,
        times: moments.iter().map(|(at_ms, _)| *at_ms).collect(),
        lines: names.iter().enumerate().map(line).collect(),
        limit: cores.map(|cores| ("cores".to_owned(), f64::from(cores))),
        stacked: true,
        absent: nothing_kept(),
    });
    Chart { note: cores.is_none().then(|| CORES_UNKNOWN.to_owned()), ..drawn }
}

fn colour(name: &str, rank: usize) -> &'static str {
    match name {
        OTHERS => "series-rest",
        NOT_KNOWN => "series-unknown",
        _ => COLOURS.get(rank).copied().unwrap_or("series-rest"),
    }
}

/// The groups, the most first; the CPU at the bottom of the stack, and what has no name on top.
fn ranked(moments: &[LoadMoment]) -> Vec<String> {
    let mut sums: Vec<(String, f64)> = Vec::new();
    for (name, average) in moments.iter().filter_map(|(_, groups)| groups.as_ref()).flatten() {
        match sums.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += average,
            None => sums.push((name.clone(), *average)),
        }
    }
    let place = |name: &str| match name {
        "CPU" => 0,
        OTHERS => 3,
        NOT_KNOWN => 2,
        _ => 1,
    };
    sums.sort_by(|a, b| {
        place(&a.0).cmp(&place(&b.0)).then(b.1.total_cmp(&a.1)).then_with(|| a.0.cmp(&b.0))
    });
    sums.into_iter().map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_stacked_by_weight_and_a_gap_stays_one() {
        let at = |groups: &[(&str, f64)]| {
            Some(groups.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect())
        };
        let moments = vec![
            (0, at(&[("app", 1.0), (OTHERS, 9.0), ("job", 3.0)])),
            (1_000, at(&[("app", 1.0)])),
            (2_000, None),
            (3_000, at(&[("job", 1.0)])),
        ];
        let chart = load(&moments, LoadBy::Application, Some(2), |name| format!("<{name}>"));
        let lines: Vec<(&str, &str)> =
            chart.lines.iter().map(|line| (line.name.as_str(), line.class.as_str())).collect();
        assert_eq!(
            lines,
            [("<job>", "series-1"), ("<app>", "series-2"), ("<all others>", "series-rest")]
        );
        assert_eq!(chart.lines[0].points, [Some(3.0), Some(0.0), None, Some(1.0)]);
        assert_eq!(chart.limit, Some(("cores".into(), 2.0)));
    }
}
