//! What the history holds: bytes, growth, when retention bites, and whether it is recorded at all.

use leptos::prelude::*;
use model::kept::{Kept, KeptOf};
use model::{ApiError, Unit};

use crate::routes::access;
use crate::ui::format;
use crate::ui::table::{head, table};

access! { "/api/history" Any(See) }

/// What the history holds of the servers the user may see; None where none is kept.
#[server(prefix = "/api", endpoint = "history", output = model::wire::Json)]
pub async fn read_kept() -> Result<Option<Kept>, ApiError> {
    use crate::auth;
    use model::Permission;
    let user = auth::require(Permission::See, None)?;
    let kept = auth::engine()?.kept().await;
    let mut kept = kept.map_err(|incident| ApiError::Internal { incident })?;
    if let Some(kept) = &mut kept {
        kept.servers.retain(|of| user.may_on(Permission::See, &of.server));
        // The cause names files of the machine.
        if !user.may(Permission::Audit)
            && let Some((_, cause)) = &mut kept.stopped
        {
            "the log of pgdeck says why".clone_into(cause);
        }
    }
    Ok(kept)
}

/// The section.
pub fn history(kept: Result<Option<Kept>, String>) -> AnyView {
    let body = match kept {
        Ok(Some(kept)) => of_store(kept),
        Err(error) => view! {
            <p role="alert">
                <span class="mark warning">"Unknown"</span>
                {format!(" What the history holds cannot be read: {error}")}
            </p>
        }
        .into_any(),
        Ok(None) => view! {
            <p>"No history is kept: it is off in the configuration, nothing is watched, or the store could not be opened, and then the log of pgdeck says why."</p>
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="history">
            <h2 id="history">"History"</h2>
            {body}
        </section>
    }
    .into_any()
}

fn of_store(kept: Kept) -> AnyView {
    let line = |name: &'static str, value: String, exact: String| {
        view! { <div><dt>{name}</dt><dd class="num" title=exact>{value}</dd></div> }
    };
    let bytes = |bytes: f64| format::number(bytes, Unit::Bytes);
    let limit = (kept.most_bytes > 0.0).then(|| format!("Limit: {}", bytes(kept.most_bytes)));
    let since = |at_ms: Option<i64>| at_ms.map_or_else(|| "nothing yet".to_owned(), format::moment);
    let warnings = warnings(&kept);
    let (copy, running) = match &kept.shared {
        Some(_) => ("pg_dump --schema=pgdeck", " of that database."),
        None => ("pgdeck backup-history FILE", ", also while pgdeck runs."),
    };
    let generated = kept.generated.map(|(from_ms, to_ms)| {
        let (from, to) = (format::moment(from_ms), format::moment(to_ms));
        format!("What it holds from {from} to {to} is generated: the demo has made it up. Everything else was read from the servers.")
    });
    let rows = kept.servers.iter().map(row).collect_view();
    let is_recording = kept.recording.is_some();
    view! {
        {match kept.recording {
            Some(span) => recording(span),
            None => state(kept.stopped.as_ref()),
        }}
        {kept.shared.map(|text| view! { <p>{text}</p> })}
        {generated.map(|text| view! { <p class="note">{text}</p> })}
        {warnings.into_iter().map(|text| view! { <p class="note">{text}</p> }).collect_view()}
        <dl class="numbers">
            {line("Size", bytes(kept.bytes), limit.unwrap_or_default())}
            {line("Growth", kept.bytes_a_day.map_or_else(|| "known after an hour".into(), |b| format!("{} a day", bytes(b))), String::new())}
            {line("Single readings from", since(kept.oldest_tick_ms), String::new())}
            {line("Roll-ups from", since(kept.oldest_ms), String::new())}
            {line("Values", format::grouped(kept.samples), "In single readings, without roll-ups".into())}
            {line("Things with series", format::grouped(kept.entities), "Statements, wait events, databases and others".into())}
        </dl>
        {(!is_recording).then(|| view! { <p>{retention(kept.retention_in_days, kept.by_bytes)}</p> })}
        {table("History by server", head(&[("Server", false), ("Areas", false), ("First reading", false)]), rows)}
        {(!is_recording).then(|| view! { <p class="note">"A copy of all of it: " <code>{copy}</code> {running}</p> })}
    }
    .into_any()
}

fn recording((from_ms, to_ms): (i64, i64)) -> AnyView {
    let (from, to) = (format::moment(from_ms), format::moment(to_ms));
    view! { <p>{format!("A recording from {from} to {to} is shown; nothing is added to it.")}</p> }
        .into_any()
}

fn state(stopped: Option<&(i64, String)>) -> AnyView {
    match stopped {
        None => view! { <p>"Readings are being recorded."</p> }.into_any(),
        Some((since_ms, cause)) => view! {
            <p role="alert">
                <span class="mark warning">"Stopped"</span>
                {format!(" Nothing is recorded since {}: {cause}", format::moment(*since_ms))}
            </p>
        }
        .into_any(),
    }
}

fn warnings(kept: &Kept) -> Vec<String> {
    let mut found = Vec::new();
    if kept.moved_aside {
        found.push("The store was damaged when pgdeck started: it was moved aside and a new one begun. The log of pgdeck names the file.".to_owned());
    }
    if kept.dropped > 0 {
        let count = format::plural(kept.dropped as i64, "value was", "values were");
        found.push(format!("{count} lost since the start because the disk was slow or full."));
    }
    if kept.corrupt > 0 {
        let count = format::plural(kept.corrupt as i64, "block was", "blocks were");
        found.push(format!("{count} left out of answers because their checksum is wrong."));
    }
    found
}

/// When the oldest readings go, as a sentence.
fn retention(in_days: Option<f64>, by_bytes: bool) -> String {
    let cause = if by_bytes { "the limit of its size" } else { "their age" };
    match in_days {
        None => "When retention begins to drop single readings is known after an hour.".to_owned(),
        Some(days) if days <= 0.0 => {
            format!(
                "Retention drops the oldest single readings now, because of {cause}; roll-ups stay longer."
            )
        }
        Some(days) => format!(
            "Retention begins to drop single readings in {}, because of {cause}; roll-ups stay longer.",
            format::age(days * 86_400_000.0)
        ),
    }
}

fn row(of: &KeptOf) -> AnyView {
    view! {
        <tr>
            <th scope="row">{of.server.to_string()}</th>
            <td class="text">{of.areas.join(", ")}</td>
            <td class="text">{format::moment(of.first_ms)}</td>
        </tr>
    }
    .into_any()
}
