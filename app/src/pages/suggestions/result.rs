//! The suggestions: what to do and to undo, what it takes and costs, whom it serves, and what was looked at.

use leptos::prelude::*;
use model::suggestions::{Considered, Redundant, Served, Suggestion, Suggestions, WriteCost};
use model::{Known, Reason, ServerId, Unit};

use super::costs::{cell, range, reason_cell, statement};
use super::set;
use crate::live::clock::Clock;
use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::reading::{empty, why};
use crate::ui::table;

/// What was found.
pub fn found(server: &ServerId, found: &Suggestions) -> AnyView {
    let (clock, at_ms) = (Clock::get(), found.at_ms);
    let left_out = (found.left_out > 0).then(|| {
        let left_out = format::plural(found.left_out as i64, "statement", "statements");
        view! { <p class="note">{left_out} " were left out, because there were too many or the time was up."</p> }
    });
    let all = found.suggestions.iter().enumerate();
    let all = all.map(|(at, one)| suggestion(server, (at, one), found)).collect_view();
    view! {
        <p><strong>{format::unbroken(&set::headline(found))}</strong></p>
        {proof(&found.hypopg)}
        {set::smallest(found)}
        {left_out}
        {all}
        {set::row_costs(found)}
        {set::not_suggested(found)}
        {considered(server, found)}
        <p class="note">
            "Database " <code>{found.database.clone()}</code> ", " {move || clock.day_and_time(at_ms)} ", in "
            {format::number(found.took_ms, Unit::Ms)} ". Costs are the planner's estimates in its own unit, one of a page that is read in sequence; with all suggestions at once. Common values are taken from the statistics of the columns."
        </p>
    }
    .into_any()
}

/// What proved them, or what is missing for that.
fn proof(hypopg: &Known<String>) -> AnyView {
    match hypopg {
        Ok(version) => view! {
            <p>"Tried with hypopg " {version.clone()} ": only indexes that the planner takes, and that make a statement at least a tenth cheaper, are listed."</p>
        }
        .into_any(),
        Err(reason) => view! {
            {why(reason)}
            <p>"Without it nothing is proved: indexes are listed by which at most a tenth of a table would be read."</p>
            {matches!(reason, Reason::MissingExtension { .. }).then(package)}
        }
        .into_any(),
    }
}

/// Where the extension comes from.
pub fn package() -> AnyView {
    view! { <p class="note">"The extension is in the package postgresql-VERSION-hypopg of Debian's and PostgreSQL's repositories, hypopg_VERSION of the latter for Red Hat; it needs no restart and no preloading."</p> }
        .into_any()
}

fn suggestion(server: &ServerId, (at, one): (usize, &Suggestion), found: &Suggestions) -> AnyView {
    let title = format!("suggestion-{at}");
    view! {
        <article class="suggestion" aria-labelledby=title.clone()>
            <h3 id=title.clone()>"On " <code>{one.table.clone()}</code></h3>
            <CodeBlock text=one.sql.clone()/>
            {facts(one, at)}
            {served(server, one, found)}
            <p>"To undo:"</p>
            <CodeBlock text=one.undo.clone()/>
            {drops(&one.drops)}
        </article>
    }
    .into_any()
}

/// The existing indexes that can go once it is there.
fn drops(drops: &[Redundant]) -> Option<AnyView> {
    let intro = match drops.len() {
        0 => return None,
        1 => {
            "Once it is there, drop this one: it begins with the same columns. Only queries need it: it belongs to no constraint and is no replica identity."
        }
        _ => {
            "Once it is there, drop these: it begins with their columns. Only queries need them: they belong to no constraint and are no replica identity."
        }
    };
    let one = |drop: &Redundant| {
        let size = drop.size_bytes.map(|bytes| {
            let freed = format::number(bytes, Unit::Bytes);
            view! { <p class="note">{format::unbroken(&format!("That frees {freed}. To undo:"))}</p> }
        });
        view! { <CodeBlock text=drop.sql.clone()/> {size} <CodeBlock text=drop.undo.clone()/> }
    };
    Some(view! { <p>{intro}</p> {drops.iter().map(one).collect_view()} }.into_any())
}

/// What it takes and costs.
fn facts(one: &Suggestion, at: usize) -> AnyView {
    let bytes = |bytes| format::number(bytes, Unit::Bytes);
    let unknown = |why: &str| format!("Not known: {why}.");
    let no_size =
        "the size of such an index depends on what its columns hold, or they have no statistics";
    let size = one
        .size_bytes
        .map(|size| format!("About {}, by the statistics of its columns.", bytes(size)));
    let reads = one.bytes_read().map(|read| match one.is_concurrent() {
        true => format!("{}: the table twice.", bytes(read)),
        false => format!("{}: the table once.", bytes(read)),
    });
    let build = one.build_ms().map(|ms| {
        format!(
            "{}, by what is read and written; waiting for older transactions comes on top.",
            range(ms, |ms| format::age(ms.max(1_000.0)))
        )
    });
    let wal = one
        .wal_bytes()
        .map(|wal| format!("{}, by its size; none where wal_level is minimal.", range(wal, bytes)));
    let proved = match &one.proved {
        Ok(()) => match one.wins_percent {
            Some(percent) => {
                let with = if at == 0 { "It alone" } else { "With those above it" };
                let percent = format::number(percent, Unit::Percent);
                format!("The planner takes it. {with} wins {percent} of what all win.")
            }
            None => "The planner takes it.".to_owned(),
        },
        Err(reason) => format!("Not proved. {}", reason.message()),
    };
    let writes = match &one.writes {
        Ok(writes) => written(writes, one),
        Err(reason) => unknown(reason.message().trim_end_matches('.')),
    };
    let rows = [
        ("Proof", proved),
        ("Lock", one.lock.clone()),
        ("Size", size.unwrap_or_else(|| unknown(no_size))),
        ("Building reads", reads.unwrap_or_else(|| unknown("the size of the table was not read"))),
        ("Building takes", build.unwrap_or_else(|| unknown("a size is not known"))),
        ("WAL", wal.unwrap_or_else(|| unknown("its size is not known"))),
        ("Writes pay", writes),
    ];
    let stops = one.note.clone().map(|words| ("Note", words));
    let rows = rows.into_iter().chain(stops).map(|(name, words)| {
        view! { <div><dt>{name}</dt><dd>{format::unbroken(&words)}</dd></div> }
    });
    view! { <dl class="facts">{rows.collect_view()}</dl> }.into_any()
}

/// What writes pay for one more index.
fn written(writes: &WriteCost, one: &Suggestion) -> String {
    let wal = one.wal_per_row().map(|wal| range(wal, |bytes| format::number(bytes, Unit::Bytes)));
    let wal = wal.map_or_else(String::new, |wal| format!(" {wal} of WAL each."));
    if one.is_brin() {
        return format!(
            "No entry of each row; a row that widens its range changes the summary.{wal}"
        );
    }
    let count = |value| format::number(value, Unit::Count);
    let entries = match writes.entries_per_second() {
        Some(rate) => {
            format!("{} entries a second", range(rate, |rate| format::number(rate, Unit::Count)))
        }
        None => format!("{} entries since the counters began", range(writes.entries(), count)),
    };
    let hot = writes.hot_percent().map(|percent| format::number(percent, Unit::Percent));
    let hot = match (hot, writes.updated_columns.as_slice()) {
        (None, _) => String::new(),
        (Some(_), []) => {
            " No statement that was looked at updates its columns, so updates stay HOT.".to_owned()
        }
        (Some(percent), columns) => format!(
            " {percent} of the updates are HOT so far; those that change {} will no longer be, and then write to every index of the table.",
            columns.join(", ")
        ),
    };
    format!(
        "{entries}: one of each inserted row, and of each updated row that is not HOT.{wal}{hot}"
    )
}

/// The statements that it serves.
fn served(server: &ServerId, one: &Suggestion, found: &Suggestions) -> AnyView {
    let head = table::head(&[
        ("Statement", false),
        ("Share of the time", true),
        ("Cost for any value", true),
        ("Cost for common values", true),
    ]);
    let row = |served: &Served| {
        let considered = found.statements.get(served.statement)?;
        let nothing = || Reason::Nothing { message: "Not proved.".into() };
        let generic = served.generic.ok_or_else(nothing);
        Some(view! {
            <tr>
                {statement(server, &found.database, &considered.statement)}
                <td class="num">{format::number(considered.share_percent, Unit::Percent)}</td>
                {cell(&generic)}
                {cell(&served.custom)}
            </tr>
        })
    };
    let rows = one.serves.iter().filter_map(row).collect_view();
    let label = "Statements that it serves";
    view! { <div class="suggestions-costs">{table::table(label, head, rows)}</div> }.into_any()
}

/// All statements that were looked at, and why one could not be planned.
fn considered(server: &ServerId, found: &Suggestions) -> AnyView {
    if found.statements.is_empty() {
        return empty("No statement was looked at.");
    }
    let head = table::head(&[("Statement", false), ("Share of the time", true), ("Cost", true)]);
    let row = |one: &Considered| {
        let cost = match &one.cost {
            Ok(cost) => {
                view! { <td class="num">{format::number(*cost, Unit::Count)}</td> }.into_any()
            }
            Err(reason) => reason_cell(&reason.message()),
        };
        view! {
            <tr>
                {statement(server, &found.database, &one.statement)}
                <td class="num">{format::number(one.share_percent, Unit::Percent)}</td>
                {cost}
            </tr>
        }
    };
    let rows = found.statements.iter().map(row).collect_view();
    let unplanned = found.statements.iter().filter(|one| one.cost.is_err()).count();
    let is_open = unplanned > 0;
    let looked_at = format::plural(found.statements.len() as i64, "statement", "statements");
    let summary = match unplanned {
        0 => format!("{looked_at} planned"),
        _ => format!("{looked_at} looked at, {unplanned} of them not planned"),
    };
    view! {
        <details open=is_open>
            <summary>{summary}</summary>
            <div class="suggestions-costs">{table::table("Statements that were looked at", head, rows)}</div>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestion(sql: &str, updated: &[&str]) -> Suggestion {
        let writes = WriteCost {
            n_tup_ins: 100.0,
            n_tup_upd: 50.0,
            n_tup_hot_upd: 40.0,
            counted_seconds: None,
            updated_columns: updated.iter().map(|name| (*name).to_owned()).collect(),
            entry_bytes: Some(16.0),
        };
        Suggestion {
            table: "t".into(),
            sql: sql.into(),
            undo: String::new(),
            lock: String::new(),
            serves: vec![],
            proved: Ok(()),
            size_bytes: None,
            table_bytes: None,
            writes: Ok(writes),
            drops: vec![],
            wins_percent: None,
            note: None,
        }
    }

    #[test]
    fn what_writes_pay_is_said_with_its_basis() {
        let words = |sql: &str, updated: &[&str]| {
            let one = suggestion(sql, updated);
            one.writes.as_ref().map(|writes| written(writes, &one)).unwrap_or_default()
        };
        let loud = words("create index i on t (state);", &["state"]);
        assert!(loud.starts_with("110 to 150 entries since the counters began"), "{loud}");
        assert!(loud.contains("HOT so far; those that change state"), "{loud}");
        assert!(format::plain(&loud).contains("About 64 B of WAL each."), "{loud}");
        let quiet = words("create index i on t (state);", &[]);
        assert!(quiet.starts_with("About 110") && quiet.contains("stay HOT"), "{quiet}");
        let brin = words("create index i on t using brin (state);", &[]);
        assert!(brin.starts_with("No entry of each row"), "{brin}");
    }
}
