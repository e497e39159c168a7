//! What the replication page says of this server itself: position and lag, what holds back xmin, the
//! archiver, synchronous replication.

use leptos::prelude::*;
use model::Unit;
use model::replication::{Archiver, Lag, Position, Replication, Required};

use crate::ui::format;
use crate::ui::reading::{empty, known};
use crate::ui::term::term;

/// Position, the server's own lag and the settings that trade lag against cancelled queries.
pub fn own(replication: &Replication) -> AnyView {
    let position = &replication.position;
    let line = |name: &'static str, value: Option<String>| {
        value
            .filter(|v| !v.is_empty())
            .map(|value| view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> })
    };
    let bytes = |n: Option<i64>| n.map(|n| format::number(n as f64, Unit::Bytes));
    let on_off = |on: bool| if on { "on" } else { "off" };
    let lag = position.in_recovery.then(|| known(&replication.lag, own_lag));
    view! {
        {lag}
        <dl class="facts">
            {line("Role", Some(if position.in_recovery { "standby" } else { "primary" }.into()))}
            {line(if position.in_recovery { "Replayed up to" } else { "WAL position" }, position.lsn.clone())}
            {line("Timeline", position.timeline.map(|t| t.to_string()))}
            {line("Received, not replayed", bytes(position.gap_bytes))}
            {line("Replay paused", position.replay_paused.map(|p| if p { "yes" } else { "no" }.into()))}
            {line("recovery_min_apply_delay", position.apply_delay_ms.filter(|ms| *ms > 0.0).map(format::age))}
            {line("hot_standby_feedback", Some(on_off(position.hot_standby_feedback).into()))}
            {line("max_standby_streaming_delay", Some(position.max_standby_streaming_delay.clone()))}
            {line("Queries cancelled by conflicts", position.conflicts.map(|n| format::grouped(n as f64)))}
        </dl>
        <p class="note">{explained(position, replication)}</p>
    }
    .into_any()
}

fn own_lag(lag: &Lag) -> AnyView {
    let Some(ms) = lag.ms else {
        let why = if lag.from_archive {
            " behind: it restores WAL from an archive, and nothing here tells what the archive still lacks."
        } else {
            " behind: no transaction was replayed since the start, so nothing tells the age of the data."
        };
        return view! {
            <p>
                <strong class="unknown">"Unknown"</strong>
                {why}
            </p>
        }
        .into_any();
    };
    let movement = match (lag.linked, lag.moving) {
        (false, _) => {
            "The connection to the sender is lost, so equal positions do not mean that replay has caught up."
        }
        (true, Some(true)) => "Replay is advancing.",
        (true, Some(false)) if lag.bytes > 0 => "Replay is stalled although WAL is waiting.",
        (true, Some(false)) => "Replay has caught up and is waiting for new WAL.",
        (true, None) => "Two readings are needed to tell whether replay is advancing.",
    };
    view! {
        <p>
            <strong class="num" title=format::exact(ms, Unit::Ms)>{format::number(ms, Unit::Ms)}</strong>
            " and "
            <strong class="num" title=format::exact(lag.bytes as f64, Unit::Bytes)>{format::number(lag.bytes as f64, Unit::Bytes)}</strong>
            " behind. " {movement}
        </p>
    }
    .into_any()
}

/// What hot_standby_feedback and max_standby_streaming_delay mean here, with the present numbers.
fn explained(position: &Position, replication: &Replication) -> String {
    if !position.in_recovery {
        return held_back(replication);
    }
    let delay = &position.max_standby_streaming_delay;
    let cancelled = position.conflicts.map_or_else(
        || "an unknown number of queries have been cancelled".to_owned(),
        |n| format!("{} been cancelled", format::plural(n, "query has", "queries have")),
    );
    if position.hot_standby_feedback {
        format!(
            "hot_standby_feedback is on: the primary keeps rows this standby's queries need, so few are \
             cancelled ({cancelled}) and the primary pays with bloat. Other conflicts may still delay \
             replay for max_standby_streaming_delay = {delay}."
        )
    } else {
        format!(
            "hot_standby_feedback is off: a query here may delay replay for up to \
             max_standby_streaming_delay = {delay} and is then cancelled; so far {cancelled}."
        )
    }
}

/// Who holds this primary's xmin back for a standby: with a slot it is the slot that does.
fn held_back(replication: &Replication) -> String {
    let (Ok(senders), Ok(slots)) = (&replication.senders, &replication.slots) else {
        return "Whether a standby or a slot is holding back VACUUM on this primary is unknown."
            .into();
    };
    let by_slots = slots.iter().filter_map(|slot| {
        let age = slot.xmin_age.max(slot.catalog_xmin_age)?;
        Some((age, format!("Slot {}", slot.slot_name)))
    });
    let by_senders = senders.iter().filter_map(|sender| {
        let name = sender.application_name.clone().unwrap_or_default();
        Some((sender.backend_xmin_age?, format!("Standby “{name}” with hot_standby_feedback")))
    });
    match by_slots.chain(by_senders).max() {
        Some((age, who)) => format!(
            "{who} is holding back VACUUM on this primary by {}: rows that may still be needed there are kept.",
            format::number(age as f64, Unit::Xids)
        ),
        None => {
            "No standby and no slot is holding back VACUUM on this primary. Queries on a standby may \
                 be cancelled when VACUUM removes rows they still need."
                .into()
        }
    }
}

/// `pg_stat_archiver`.
pub fn archiver(archiver: &Archiver, in_recovery: bool) -> AnyView {
    let ago = |ms: Option<f64>| ms.map(|ms| format!("{} ago", format::age(ms)));
    let segment = |name: &Option<String>, ms: Option<f64>| match (name, ago(ms)) {
        (Some(name), Some(ago)) => format!("{name}, {ago}"),
        (Some(name), None) => name.clone(),
        (None, _) => "none since the last reset".into(),
    };
    let line = |name: &'static str, value: String| view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> };
    let is_on = archiver.is_on(in_recovery);
    let ready = archiver
        .failing
        .then(|| archiver.ready.map_or("unknown".into(), |ready| format::grouped(ready as f64)));
    view! {
        <dl class="facts">
            {line("Archiving", archiver.state(in_recovery).into())}
            {is_on.then(|| line("Last archived", segment(&archiver.last_archived_wal, archiver.last_archived_age_ms)))}
            {is_on.then(|| line("Last failure", segment(&archiver.last_failed_wal, archiver.last_failed_age_ms)))}
            {ready.filter(|_| is_on).map(|ready| line("Segments waiting", ready))}
        </dl>
    }
    .into_any()
}

/// Who is required to confirm commits, who is there, and who waits.
pub fn synchronous(replication: &Replication) -> AnyView {
    let setting = &replication.position.synchronous_standby_names;
    let Some(required) = Required::parse(setting) else {
        return empty("synchronous_standby_names is empty: commits wait for no standby.");
    };
    let line = |name: &'static str, value: String| view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> };
    let streaming = match &replication.senders {
        Ok(senders) => required.present(senders).to_string(),
        Err(_) => "unknown".into(),
    };
    let waiting = match &replication.sync_waits {
        Ok(waits) => format::grouped(waits.waiting as f64),
        Err(_) => "unknown".into(),
    };
    view! {
        <dl class="facts">
            {line("synchronous_standby_names", setting.clone())}
            {line("Required to confirm", format!("{}{}", required.count, if required.any { ", any" } else { ", by priority" }))}
            {line("Streaming", streaming)}
            {line("Sessions waiting to commit", waiting)}
        </dl>
    }
    .into_any()
}
