//! Who reads and writes: a row for each kind of process, kind of object and context.

use leptos::prelude::*;
use model::Unit;
use model::io::{IoRow, IoSpan, Operations, WalState};

use crate::ui::format;
use crate::ui::format::Scale;
use crate::ui::reading::empty;
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 9] = [
    ("Process", false),
    ("Object, context", false),
    ("Read", true),
    ("Per read", true),
    ("Written", true),
    ("Per write", true),
    ("Added to files", true),
    ("Flushes", true),
    ("Found in shared buffers", true),
];

/// The table; `over` says of which time it is.
pub fn rows(span: &IoSpan, state: Option<&WalState>, over: &str) -> AnyView {
    if span.rows.is_empty() {
        return empty("Nothing was read or written in that time.");
    }
    let seconds = (span.span_ms / 1e3).max(1e-3);
    let rates = span.rows.iter().flat_map(|row| [row.reads, row.writes, row.extends]);
    let rates = rates.flatten().map(|one| one.bytes as f64 / seconds);
    let scale = Scale::for_column(Unit::BytesPerSecond, rates);
    let drawn = span.rows.iter().map(|row| one(row, seconds, scale, state)).collect_view();
    let untimed = state.is_some_and(|state| !state.track_io_timing).then(|| {
        view! { <p class="note">"How long reads and writes take is not recorded: " <code>"track_io_timing"</code> " is off. It costs a look at the clock for each of them; pg_test_timing tells how long that takes on this machine."</p> }
    });
    let length = format::age(span.span_ms);
    view! {
        <p>{format!("Per second, {over} ({length} were read of it). A read is a block that shared buffers did not have: it may have come from the cache of the operating system, so it is no proof of a disk access.")}</p>
        {untimed}
        {table("Who reads and writes", head(&COLUMNS), drawn)}
    }
    .into_any()
}

fn one(row: &IoRow, seconds: f64, scale: Scale, state: Option<&WalState>) -> AnyView {
    let is_timed = state.is_some_and(|state| match row.object.as_str() {
        "wal" => state.track_wal_io_timing,
        _ => state.track_io_timing,
    });
    let bytes = |of: Option<Operations>| match of {
        Some(one) => {
            let rate = one.bytes as f64 / seconds;
            let title = format!("{} operations", format::grouped(one.count as f64));
            view! { <td class="num" title=title>{scale.show(rate)}</td> }.into_any()
        }
        None => none(),
    };
    let time = |of: Option<Operations>| match of.filter(|_| is_timed).and_then(|one| one.mean_ms())
    {
        Some(ms) => view! { <td class="num">{format::number(ms, Unit::Ms)}</td> }.into_any(),
        None => none(),
    };
    let flushes = match row.fsyncs {
        Some(one) => view! {
            <td class="num">{format::number(one.count as f64 / seconds, Unit::PerSecond)}</td>
        }
        .into_any(),
        None => none(),
    };
    let block_bytes = state.map_or(0, |state| state.block_bytes);
    let hits = match row.hit_percent(block_bytes).filter(|_| block_bytes > 0) {
        Some(percent) => {
            view! { <td class="num" title=format::exact(percent, Unit::Percent)>{format::number(percent, Unit::Percent)}</td> }
                .into_any()
        }
        None => none(),
    };
    view! {
        <tr>
            <th scope="row">{row.backend_type.clone()}</th>
            <td class="text">{row.object.clone()} ", " {row.context.clone()}</td>
            {bytes(row.reads)} {time(row.reads)} {bytes(row.writes)} {time(row.writes)}
            {bytes(row.extends)} {flushes} {hits}
        </tr>
    }
    .into_any()
}

/// What did not occur, or cannot.
fn none() -> AnyView {
    view! { <td class="num muted">"–"</td> }.into_any()
}
