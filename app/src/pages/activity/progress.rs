//! Progress of running commands (`pg_stat_progress_*`): VACUUM, ANALYZE, CREATE INDEX, COPY, base
//! backups.

use leptos::prelude::*;
use model::activity::Progress;
use model::{Unit, Unread};

use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::number::Age;
use crate::ui::reading::{empty, unread};

/// The commands with a progress bar and time left, and those whose progress is not known.
pub fn progress(commands: &[Progress], hidden: &[Unread]) -> AnyView {
    if commands.is_empty() && !hidden.is_empty() {
        return unread(hidden);
    }
    if commands.is_empty() {
        return empty(
            "No VACUUM, ANALYZE, CREATE INDEX, COPY, CLUSTER, REPACK or base backup is running.",
        );
    }
    let rows = commands.iter().map(row).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Commands in progress">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Command"</th>
                        <th scope="col">"Relation"</th>
                        <th scope="col">"Phase"</th>
                        <th scope="col" class="num">"Done"</th>
                        <th scope="col" class="num">"Time left"</th>
                        <th scope="col" class="num">"Running for"</th>
                        <th scope="col" class="num">"Pid"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {unread(hidden)}
    }
    .into_any()
}

fn row(command: &Progress) -> AnyView {
    let percent = percent(command);
    let left = command.left_ms.map(format::age).unwrap_or_else(|| "unknown".into());
    let to = crate::links::query(&[("pid", &command.pid.to_string())]);
    let relation = [command.datname.as_deref(), command.relation.as_deref()];
    let relation = relation.into_iter().flatten().collect::<Vec<_>>().join(": ");
    view! {
        <tr>
            <th scope="row">{command.command.clone()}</th>
            <td class="text">{relation}</td>
            <td class="text">{command.phase.clone()}</td>
            <td class="with-bar" title=exact(command)>
                <span class="num">{percent.map_or_else(|| amount(command), |p| format::number(p, Unit::Percent))}</span>
                {percent.map(|p| view! { <Bar percent=Signal::stored(Some(p))/> })}
            </td>
            <td class="num" title="In this phase, at the rate between the last readings">{left}</td>
            <td class="num"><Age ms=command.age_ms/></td>
            <td class="num"><a href=to data-noscroll="">{command.pid}</a></td>
        </tr>
    }
    .into_any()
}

fn percent(command: &Progress) -> Option<f64> {
    let total = command.total.filter(|total| *total > 0.0)?;
    Some((command.done? / total * 100.0).clamp(0.0, 100.0))
}

/// The amount done where the total is unknown.
fn amount(command: &Progress) -> String {
    match (command.done, command.unit.as_str()) {
        (Some(done), "bytes") => format::number(done, Unit::Bytes),
        (Some(done), unit) => format!("{} {unit}", format::number(done, Unit::Count)),
        (None, _) => "unknown".into(),
    }
}

fn exact(command: &Progress) -> String {
    let number = |n: Option<f64>| n.map_or_else(|| "unknown".into(), format::grouped);
    format!("{} of {} {}", number(command.done), number(command.total), command.unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_needs_a_total() {
        let mut command =
            Progress { done: Some(5.0), unit: "blocks".into(), ..Progress::default() };
        assert_eq!(percent(&command), None);
        assert_eq!(amount(&command), "5 blocks");
        command.total = Some(0.0);
        assert_eq!(percent(&command), None);
        command.total = Some(4.0);
        assert_eq!(percent(&command), Some(100.0));
        assert_eq!(exact(&command), "5 of 4 blocks");
    }
}
