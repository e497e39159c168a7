//! Tables of senders, slots, receiver and subscriptions (`pg_stat_replication` and others). One
//! unit per column.

use leptos::prelude::*;
use model::Unit;
use model::replication::{Receiver, Sender, Slot, SlotState, StreamKind, Subscription, TimeLeft};

use crate::ui::format;
use crate::ui::format::Scale;
use crate::ui::number::Age;
use crate::ui::reading::empty;
use crate::ui::table::{cell, head, table, unknown};
use crate::ui::term::term;

/// A client that stores WAL reports no replay.
fn not_reported() -> AnyView {
    view! { <td class="num muted" title="This client stores WAL and replays nothing">"none"</td> }
        .into_any()
}

fn float(n: Option<i64>) -> Option<f64> {
    n.map(|n| n as f64)
}

type Bytes = fn(&Sender) -> Option<i64>;
type Time = fn(&Sender) -> Option<f64>;

/// `pg_stat_replication`.
pub fn senders(senders: &[Sender]) -> AnyView {
    if senders.is_empty() {
        return empty(
            "No walsender is running. A standby, a logical subscriber or a backup that connects appears here.",
        );
    }
    const BYTES: [Bytes; 5] = [
        |s| s.send_lag_bytes,
        |s| s.write_lag_bytes,
        |s| s.flush_lag_bytes,
        |s| s.replay_lag_bytes,
        |s| s.total_lag_bytes,
    ];
    const FROM_REPLAY: usize = 3;
    const TIMES: [Time; 3] = [|s| s.write_lag_ms, |s| s.flush_lag_ms, |s| s.replay_lag_ms];
    let by_bytes = BYTES
        .map(|of| Scale::for_column(Unit::Bytes, senders.iter().filter_map(of).map(|b| b as f64)));
    let by_time = TIMES.map(|of| Scale::for_column(Unit::Ms, senders.iter().filter_map(of)));
    let row = |sender: &Sender| {
        let stores = matches!(sender.kind(), StreamKind::Receiver | StreamKind::Backup);
        let bytes =
            BYTES.iter().zip(by_bytes).enumerate().map(|(at, (of, scale))| match of(sender) {
                None if at >= FROM_REPLAY && stores => not_reported(),
                bytes => cell(float(bytes), scale, Unit::Bytes),
            });
        let times = TIMES.iter().zip(by_time).map(|(of, scale)| match of(sender) {
            // PostgreSQL sets these to NULL when the standby has caught up and is idle.
            None => view! { <td class="num muted" title="No recent WAL was confirmed: caught up or idle">"none"</td> }.into_any(),
            known => cell(known, scale, Unit::Ms),
        });
        let text = |value: &Option<String>| view! { <td class="text">{value.clone().unwrap_or_default()}</td> };
        view! {
            <tr>
                <th scope="row">{sender.application_name.clone().unwrap_or_default()}</th>
                <td class="text">{sender.kind().as_str()}</td>
                {text(&sender.client_addr)}
                {text(&sender.state)}
                {text(&sender.sync_state)}
                {bytes.collect_view()}
                {times.collect_view()}
                {text(&sender.slot_name)}
                <td class="num">{sender.pid}</td>
            </tr>
        }
        .into_any()
    };
    let names = [
        ("Application", false),
        ("Kind", false),
        ("Client", false),
        ("State", false),
        ("Sync", false),
        ("Not sent", true),
        ("Sent, not written", true),
        ("Written, not flushed", true),
        ("Flushed, not replayed", true),
        ("All", true),
        ("Write lag", true),
        ("Flush lag", true),
        ("Replay lag", true),
        ("Slot", false),
        ("Pid", true),
    ];
    table("Senders", head(&names), senders.iter().map(row).collect_view())
}

/// `pg_replication_slots`.
pub fn slots(slots: &[Slot]) -> AnyView {
    if slots.is_empty() {
        return empty(
            "There are no replication slots. pg_create_physical_replication_slot or a subscription creates one.",
        );
    }
    let retained =
        Scale::for_column(Unit::Bytes, slots.iter().filter_map(|s| float(s.retained_bytes)));
    let growth = |slot: &Slot| slot.growth_bytes_per_s.map(|growth| growth * 60.0);
    let growths = Scale::for_column(Unit::Bytes, slots.iter().filter_map(growth));
    let row = |slot: &Slot| {
        let xids = |n: Option<i64>| {
            view! {
                <td class="num" title=n.map(|n| format::exact(n as f64, Unit::Xids))>{n.map(|n| format::number(n as f64, Unit::Xids)).unwrap_or_default()}</td>
            }
        };
        let who = match (slot.active, slot.active_pid) {
            (true, Some(pid)) => format!("active, pid {pid}"),
            (true, None) => "active".into(),
            (false, _) => match slot.inactive_ms {
                Some(ms) => format!("inactive for {}", format::age(ms)),
                None => "inactive".into(),
            },
        };
        let synced = (slot.synced == Some(true)).then(|| "synchronized from the primary".into());
        let status = [slot.wal_status.clone(), slot.invalidation_reason.clone(), synced];
        let calm = slot.active || slot.synced == Some(true);
        view! {
            <tr class=if calm && slot.state() != SlotState::Lost { "" } else { "warning" }>
                <th scope="row">{slot.slot_name.clone()}</th>
                <td class="text">{slot.slot_type.clone()} {slot.plugin.clone().map(|p| format!(" ({p})"))}</td>
                <td class="text">{slot.database.clone().unwrap_or_default()}</td>
                <td class="text">{who}</td>
                {cell(float(slot.retained_bytes), retained, Unit::Bytes)}
                <td class="text">{status.into_iter().flatten().collect::<Vec<_>>().join(", ")}</td>
                <td class="num">{left(slot)}</td>
                {grown(slot, growths)}
                <td class="text">{time_left(slot)}</td>
                {xids(slot.xmin_age)}
                {xids(slot.catalog_xmin_age)}
            </tr>
        }
        .into_any()
    };
    let names = [
        ("Slot", false),
        ("Type", false),
        ("Database", false),
        ("Used", false),
        ("WAL retained", true),
        ("WAL status", false),
        ("WAL left before it is lost", true),
        ("Growth per minute", true),
        ("Time until full", false),
        ("Xmin age", true),
        ("Catalog xmin age", true),
    ];
    table("Slots", head(&names), slots.iter().map(row).collect_view())
}

/// How much WAL may still be written before the slot is lost.
fn left(slot: &Slot) -> String {
    match (slot.state(), slot.safe_wal_bytes) {
        (SlotState::Lost, _) => "lost".into(),
        (SlotState::Endangered, _) => "none".into(),
        (SlotState::Unused, _) => "keeps nothing".into(),
        (SlotState::Kept, Some(bytes)) => format::number(bytes as f64, Unit::Bytes),
        (SlotState::Kept, None) if slot.limit_bytes.is_some() => "unknown".into(),
        (SlotState::Kept, None) => "no limit".into(),
    }
}

/// What it retains more after a minute; nothing where it retains nothing any more.
fn grown(slot: &Slot, scale: Scale) -> AnyView {
    let per_minute = slot.growth_bytes_per_s.map(|growth| growth * 60.0);
    match (per_minute, slot.time_left()) {
        (None, TimeLeft::TooFewReadings | TimeLeft::UntilCheckpoint) => {
            unknown(Some("pgdeck has not read it for long enough".into()))
        }
        (None, _) => view! { <td class="num muted">"none"</td> }.into_any(),
        known => cell(known.0, scale, Unit::Bytes),
    }
}

/// For how long the room for its WAL lasts, and why that is not known.
fn time_left(slot: &Slot) -> String {
    match slot.time_left() {
        TimeLeft::Lost => "lost".into(),
        TimeLeft::UntilCheckpoint => "the next checkpoint".into(),
        TimeLeft::Unused => "keeps nothing".into(),
        TimeLeft::NotGrowing => "does not grow".into(),
        TimeLeft::Seconds(seconds) => format!("{} at this rate", format::age(seconds * 1_000.0)),
        TimeLeft::NoLimit => "unknown: PostgreSQL does not tell the disk's size".into(),
        TimeLeft::LimitUnknown => {
            "unknown: the server does not say how much of its limit is left".into()
        }
        TimeLeft::TooFewReadings => "unknown: too few readings yet".into(),
    }
}

/// `pg_stat_wal_receiver`.
pub fn receiver(receiver: Option<&Receiver>) -> AnyView {
    let Some(receiver) = receiver else {
        return empty("No WAL receiver is running. A standby that streams has one.");
    };
    let from = match (&receiver.sender_host, receiver.sender_port) {
        (Some(host), Some(port)) => format!("{host}, port {port}"),
        (Some(host), None) => host.clone(),
        _ => "unknown".into(),
    };
    view! {
        <dl class="facts">
            <div><dt>"Status"</dt><dd>{receiver.status.clone().unwrap_or_else(|| "unknown".into())}</dd></div>
            <div><dt>"Receives from"</dt><dd>{from}</dd></div>
            <div><dt>{term("Slot")}</dt><dd>{receiver.slot_name.clone().filter(|s| !s.is_empty()).unwrap_or_else(|| "none".into())}</dd></div>
            <div><dt>{term("Timeline")}</dt><dd>{receiver.received_tli.map_or_else(|| "unknown".into(), |t| t.to_string())}</dd></div>
            <div><dt>"Last message"</dt><dd><Age ms=receiver.message_age_ms/> " ago"</dd></div>
            <div><dt>"Pid"</dt><dd class="num">{receiver.pid}</dd></div>
        </dl>
    }
    .into_any()
}

/// `pg_stat_subscription`.
pub fn subscriptions(all: &[Subscription]) -> AnyView {
    if all.is_empty() {
        return empty(
            "There are no logical subscriptions on this server. CREATE SUBSCRIPTION creates one.",
        );
    }
    let lag = Scale::for_column(Unit::Bytes, all.iter().filter_map(|s| float(s.lag_bytes)));
    let row = |one: &Subscription| {
        view! {
            <tr>
                <th scope="row">{one.subname.clone()}</th>
                <td class="text">{applies(one)}</td>
                <td class="num">{one.pid.map_or_else(|| "no worker".into(), |pid| pid.to_string())}</td>
                {cell(float(one.lag_bytes), lag, Unit::Bytes)}
                <td class="num"><Age ms=one.message_age_ms/></td>
            </tr>
        }
        .into_any()
    };
    let names = [
        ("Subscription", false),
        ("State", false),
        ("Pid", true),
        ("Received, not applied", true),
        ("Last message", true),
    ];
    table("Subscriptions", head(&names), all.iter().map(row).collect_view())
}

fn applies(one: &Subscription) -> &'static str {
    match (one.enabled, one.pid) {
        (Some(false), _) => "disabled",
        _ if one.failing => "failing",
        _ if one.blocked_ms.is_some() => "blocked by a lock",
        (Some(true), None) => "no worker",
        (Some(true), Some(_)) => "applying",
        (None, _) => "unknown",
    }
}
