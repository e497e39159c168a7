//! The simulator: a form in the address, and when autovacuum would have run on a table over its recorded past.

use leptos::prelude::*;
use model::autovacuum::simulation::Run;
use model::autovacuum::tuning::{Tuning, tuning};

use super::{Asked, Simulation};
use crate::live::clock::Clock;
use crate::live::range::inputs;
use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::reading::empty;
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 3] = [("When", false), ("What", false), ("Because of", false)];
/// Runs shown.
const SHOWN: usize = 100;

/// The form, which works without JavaScript.
pub fn form(asked: &Asked) -> AnyView {
    let field = |name: &'static str, label: &'static str, value: &str, kind: &'static str| {
        let value = value.to_owned();
        view! {
            <label>{label} " " <input name=name value=value inputmode=kind autocomplete="off"/></label>
        }
    };
    view! {
        <form method="get" action="#simulator-title" class="filter simulator">
            {inputs()}
            {field("database", "Database", &asked.database, "text")}
            {field("schema", "Schema", &asked.schema, "text")}
            {field("table", "Table", &asked.table, "text")}
            {field("scale_factor", "autovacuum_vacuum_scale_factor", &asked.scale_factor, "decimal")}
            {field("threshold", "autovacuum_vacuum_threshold", &asked.threshold, "numeric")}
            {field("insert_scale_factor", "autovacuum_vacuum_insert_scale_factor", &asked.insert_scale_factor, "decimal")}
            {field("analyze_scale_factor", "autovacuum_analyze_scale_factor", &asked.analyze_scale_factor, "decimal")}
            <button type="submit">"Simulate"</button>
        </form>
        <p class="note">"Choose a table in a list above, or name one. What is left empty stays as it is. A run is taken to remove all dead rows at once: locks, busy workers and old transactions are not in it."</p>
    }
    .into_any()
}

/// What came of it.
pub fn result(asked: &Asked, found: &Simulation) -> AnyView {
    let Some(span) = found.span else {
        return empty(
            "Nothing of this table was recorded in this time: tables that do not move are left out.",
        );
    };
    let clock = Clock::get();
    let (from, to) = (clock.day_and_time(span.0), clock.day_and_time(span.1));
    let vacuums = |runs: &[Run]| runs.iter().filter(|run| run.is_vacuum()).count() as i64;
    let analyzes = |runs: &[Run]| runs.iter().filter(|run| run.is_analyze()).count() as i64;
    let counted = |vacuums, analyzes| {
        format!(
            "{} and {}",
            format::plural(vacuums, "VACUUM", "VACUUMs"),
            format::plural(analyzes, "ANALYZE", "ANALYZEs")
        )
    };
    let seen = |which: fn(&model::autovacuum::simulation::Seen) -> bool| {
        found.seen.iter().filter(|one| which(one)).count() as i64
    };
    let words = format!(
        "{from} to {to} {}: in fact {}; with the settings as they are {}; with those tried {}.",
        clock.zone(),
        counted(seen(|one| one.vacuum), seen(|one| one.analyze)),
        counted(vacuums(&found.as_is), analyzes(&found.as_is)),
        counted(vacuums(&found.would), analyzes(&found.would)),
    );
    let rows = found.would.iter().rev().take(SHOWN).map(|run| row(run, &clock)).collect_view();
    view! {
        <p>{words}</p>
        {found.daily.map(|daily| view! { <p class="note">{format!("At the measured rate of changes, a scale factor of {daily} means about one VACUUM a day.")}</p> })}
        {statements(asked, found)}
        {if found.would.is_empty() {
            empty("It would not have run.")
        } else {
            table("Runs that would have been, newest first", head(&COLUMNS), rows)
        }}
    }
    .into_any()
}

fn row(run: &Run, clock: &Clock) -> AnyView {
    let what = match (run.is_vacuum(), run.is_analyze()) {
        (true, true) => "VACUUM ANALYZE",
        (true, false) => "VACUUM",
        _ => "ANALYZE",
    };
    let why = run.why.iter().map(|one| {
        let (value, threshold) = (format::grouped(one.value), format::grouped(one.threshold));
        format!("{}: {value}, threshold {threshold}", one.trigger.as_str())
    });
    view! {
        <tr>
            <th scope="row">{clock.day_and_time(run.at_ms)}</th>
            <td class="text">{what}</td>
            <td class="text">{why.collect::<Vec<_>>().join("; ")}</td>
        </tr>
    }
    .into_any()
}

/// The statements that make what was tried hold for the table, and undo it.
fn statements(asked: &Asked, found: &Simulation) -> Option<AnyView> {
    let name = (asked.schema.as_str(), asked.table.as_str());
    let Tuning { set, undo } = tuning(name, &found.reloptions, &found.now, &found.tried)?;
    Some(
        view! {
            <CodeBlock text=set/>
            <p class="note">"It takes SHARE UPDATE EXCLUSIVE on the table and blocks neither reads nor writes. Undo:"</p>
            <CodeBlock text=undo/>
        }
        .into_any(),
    )
}
