//! Checkpoints and what forces them, who writes buffers, and WAL.

use leptos::prelude::*;
use model::Unit;
use model::io::{CheckpointCounts, Checkpoints, Io, WalState};

use crate::live::clock::Clock;
use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::reading::{empty, known};
use crate::ui::table::{head, table};
use crate::ui::term::term;

/// On a standby checkpoints are restartpoints.
pub fn title(io: &Io) -> &'static str {
    if io.in_recovery { "Restartpoints" } else { "Checkpoints" }
}

fn bytes(bytes: f64) -> String {
    format::number(bytes, Unit::Bytes)
}

fn fact(name: &'static str, value: impl IntoView + 'static) -> AnyView {
    view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> }.into_any()
}

/// The panel.
pub fn checkpoints(io: &Io, now_ms: i64) -> AnyView {
    let state = io.state.as_ref().ok();
    let forced =
        known(&io.state, |state| view! { <p>{forced_by(state, io.in_recovery)}</p> }.into_any());
    let facts = known(&io.checkpoints, hour);
    let counted =
        io.counted.as_ref().ok().map(|counts| fact("Since the last reset", counts_of(counts)));
    let last = state.and_then(|state| last_one(state, now_ms));
    view! {
        {forced}
        {facts}
        <dl class="facts">{last} {counted}</dl>
    }
    .into_any()
}

/// What begins a checkpoint here.
fn forced_by(state: &WalState, in_recovery: bool) -> String {
    let timeout = format::age(state.checkpoint_timeout_s as f64 * 1e3);
    let target = format::number(state.completion_target * 100.0, Unit::Percent);
    if in_recovery {
        return format!(
            "A standby makes a restartpoint at a checkpoint of its primary, at most every {timeout} (checkpoint_timeout), or when max_wal_size ({}) is nearly reached.",
            bytes(state.max_wal_size_bytes as f64)
        );
    }
    format!(
        "A checkpoint begins every {timeout} (checkpoint_timeout), earlier after about {} of WAL (max_wal_size is {} and has to hold this checkpoint and the next), or when a command asks for one: CHECKPOINT, a base backup, CREATE DATABASE, a shutdown. Its writes are spread over {target} of the time to the next.",
        bytes(state.trigger_bytes() as f64),
        bytes(state.max_wal_size_bytes as f64)
    )
}

fn counts_of(counts: &CheckpointCounts) -> String {
    let percent = counts
        .requested_percent()
        .map(|percent| format!(" ({})", format::number(percent, Unit::Percent)));
    format!(
        "{} by time, {} requested{}",
        format::grouped(counts.timed as f64),
        format::grouped(counts.requested as f64),
        percent.unwrap_or_default()
    )
}

/// What was counted in the last hour.
fn hour(checkpoints: &Checkpoints) -> AnyView {
    let counts = &checkpoints.counts;
    let over = format::age(checkpoints.over_ms as f64);
    let wal = checkpoints.wal_bytes.map(|wal| {
        let peak = checkpoints
            .peak_wal_bytes
            .map(|peak| format!("; the most within one checkpoint_timeout is {}", bytes(peak)));
        fact("WAL written", format!("{}{}", bytes(wal as f64), peak.unwrap_or_default()))
    });
    let apart = (counts.all() > 0).then(|| {
        let apart = format::age(checkpoints.over_ms as f64 / counts.all() as f64);
        fact("One every", apart)
    });
    let time = format!(
        "{} writing, {} flushing; booked when a checkpoint ends",
        format::age(counts.write_ms),
        format::age(counts.sync_ms)
    );
    view! {
        <dl class="facts">
            {fact("Begun", format!("{} in the last {over}", counts_of(counts)))}
            {apart}
            {wal}
            {fact("Time they took", time)}
        </dl>
    }
    .into_any()
}

fn last_one(state: &WalState, now_ms: i64) -> Option<AnyView> {
    let clock = Clock::get();
    let at_ms = state.last_checkpoint_ms?;
    let ago = format::age(now_ms.saturating_sub(at_ms).max(0) as f64);
    let trigger = state.trigger_bytes() as f64;
    let far = state.since_checkpoint_bytes.map(|wal| {
        let percent = 100.0 * wal as f64 / trigger;
        view! {
            " " {format!("{} of WAL since then, of about {}", bytes(wal as f64), bytes(trigger))}
            <Bar percent=Signal::stored(Some(percent))/>
        }
    });
    Some(fact(
        "The last one began",
        view! { {move || clock.day_and_time(at_ms)} {format!(", {ago} ago.")} {far} },
    ))
}

const COLUMNS: [(&str, bool); 4] =
    [("Process", false), ("Buffers", true), ("Of all", true), ("Why", false)];

/// Who wrote buffers in the last hour.
pub fn writers(io: &Io) -> AnyView {
    let block = io.state.as_ref().map_or(0, |state| state.block_bytes);
    known(&io.checkpoints, |checkpoints| {
        let counts = &checkpoints.counts;
        let rows = of_counts(counts);
        let all = rows.iter().fold(0_i64, |sum, (_, buffers, _)| sum.saturating_add(*buffers));
        if all == 0 {
            return empty("No buffer was written since pgdeck looks.");
        }
        let row = |(name, buffers, why): (&'static str, i64, &'static str)| {
            let share = 100.0 * buffers as f64 / all as f64;
            let size = bytes(buffers.saturating_mul(block) as f64);
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="num" title=size>{format::grouped(buffers as f64)}</td>
                    <td class="with-bar"><span class="num">{format::number(share, Unit::Percent)}</span><Bar percent=Signal::stored(Some(share))/></td>
                    <td class="text">{why}</td>
                </tr>
            }
        };
        let drawn = rows.into_iter().map(row).collect_view();
        let over = format::age(checkpoints.over_ms as f64);
        view! {
            <p>{format!("In the last {over}. {}", sentence(counts))}</p>
            {table("Who writes buffers", head(&COLUMNS), drawn)}
        }
        .into_any()
    })
}

type Writer = (&'static str, i64, &'static str);

fn of_counts(counts: &CheckpointCounts) -> Vec<Writer> {
    let mut rows: Vec<Writer> = vec![
        (
            "checkpoints",
            counts.buffers_checkpoint,
            "all that is dirty, so that WAL before it is no longer needed",
        ),
        (
            "background writer",
            counts.buffers_clean,
            "ahead of sessions, so that they find clean buffers",
        ),
    ];
    match counts.buffers_ring {
        Some(ring) => rows.extend([
            ("sessions", counts.buffers_backend, "a dirty buffer had to make room, and nobody had written it yet"),
            ("sessions, in a ring", ring, "a large scan, a bulk load or VACUUM reuses a few buffers and writes them itself: no sign of trouble"),
        ]),
        None => rows.push(("sessions", counts.buffers_backend, "new pages and what autovacuum wrote are counted here as well before PostgreSQL 16")),
    }
    rows
}

/// What it means that sessions write, in a sentence.
fn sentence(counts: &CheckpointCounts) -> String {
    let flushes = match counts.backend_fsyncs {
        0 => "None had to flush a file to disk".to_owned(),
        n => format!("{} times one had to flush a file to disk itself", format::grouped(n as f64)),
    };
    let halts = match counts.maxwritten_clean {
        0 => String::new(),
        n => format!(
            " The background writer stopped {} because it had written bgwriter_lru_maxpages.",
            format::plural(n, "time", "times")
        ),
    };
    format!(
        "A session writes a dirty buffer itself when it needs room and finds no clean one. {flushes}.{halts}"
    )
}

/// WAL in the last minute.
pub fn wal(io: &Io) -> AnyView {
    known(&io.wal, |wal| {
        let seconds = (wal.span_ms / 1e3).max(1e-3);
        let per_s = |n: i64| format::number(n as f64 / seconds, Unit::PerSecond);
        let counts = &wal.counts;
        let rate = format::number(counts.wal_bytes as f64 / seconds, Unit::BytesPerSecond);
        let full = match counts.wal_buffers_full {
            0 => "never".to_owned(),
            n => format!("{}: wal_buffers is small", format::plural(n, "time", "times")),
        };
        view! {
            <dl class="facts">
                {fact("Written", format!("{rate} in the last {}", format::age(wal.span_ms)))}
                {fact("Records", per_s(counts.wal_records))}
                {fact("Full-page images", per_s(counts.wal_fpi))}
                {fact("WAL buffers full", full)}
            </dl>
        }
        .into_any()
    })
}
