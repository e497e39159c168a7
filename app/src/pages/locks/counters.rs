//! Lock table usage, prepared transactions, deadlocks and recovery conflicts: the panels below the
//! graph.

use leptos::prelude::*;
use model::Known;
use model::Unit;
use model::locks::{LockCounters, LockRates, LockTable, Locks, PreparedTransaction};

use crate::ui::format;
use crate::ui::reading::{empty, known, unread};
use crate::ui::term::term;

/// The panels below the graph.
pub fn facts(locks: &Locks) -> AnyView {
    view! {
        <div class="columns lock-facts">
            <section class="panel" aria-labelledby="table-title">
                <h2 id="table-title">"Lock tables"</h2>
                {known(&locks.table, tables)}
            </section>
            <section class="panel" aria-labelledby="broken-title">
                <h2 id="broken-title">"Deadlocks and conflicts"</h2>
                {known(&locks.counters, |counters| broken(counters, locks))}
            </section>
            <section class="panel" aria-labelledby="prepared-title">
                <h2 id="prepared-title">"Prepared transactions"</h2>
                {known(&locks.prepared, |all| prepared(all, locks.server_now_ms))}
            </section>
        </div>
    }
    .into_any()
}

fn line(name: &'static str, value: String) -> AnyView {
    view! { <div><dt>{term(name)}</dt><dd class="num">{value}</dd></div> }.into_any()
}

fn count(n: i64) -> String {
    format::grouped(n as f64)
}

/// A count, unless the server does not tell it.
fn told(n: Option<i64>) -> String {
    n.map_or_else(|| "unknown".into(), count)
}

fn tables(table: &LockTable) -> AnyView {
    let share = table.objects as f64 / (table.capacity as f64).max(1.0) * 100.0;
    view! {
        <dl class="facts">
            {line("Objects locked", format!("{} of {} slots ({})", count(table.objects), count(table.capacity), format::number(share, Unit::Percent)))}
            {line("Locks held or requested", count(table.locks))}
            {line("On the fast path", count(table.fastpath))}
            {line("Predicate locks (SIReadLock)", format!("{}, which never block", count(table.predicate)))}
            {line("max_locks_per_transaction", count(table.max_locks_per_transaction))}
        </dl>
    }
    .into_any()
}

fn broken(counters: &LockCounters, locks: &Locks) -> AnyView {
    let minute = |of: fn(&LockRates) -> Option<i64>| match &locks.rates {
        Ok(rates) => {
            format!("{} in the last {}", told(of(rates)), format::age(rates.window_ms as f64))
        }
        Err(reason) => reason.message(),
    };
    let replay = counters.replay_waits_for.clone();
    let failures: &Known<i64> = &locks.serialization_failures;
    view! {
        <dl class="facts">
            {line("Deadlocks", format!("{} since statistics were reset; {}", told(counters.deadlocks), minute(|r| r.deadlocks)))}
            {line("Recovery conflicts", format!("{} since the reset; {}", told(counters.conflicts()), minute(|r| r.conflicts)))}
            {replay.map(|waits| line("Replay waits for", waits))}
            {match failures {
                Ok(n) => line("Serialization failures", count(*n)),
                Err(reason) => view! {
                    <div><dt>{term("Serialization failures")}</dt><dd><span class="unknown">"Unknown. "</span> {reason.message()}</dd></div>
                }.into_any(),
            }}
        </dl>
        {unread(&counters.unread)}
    }
    .into_any()
}

fn prepared(all: &[PreparedTransaction], now_ms: i64) -> AnyView {
    if all.is_empty() {
        return empty("No prepared transactions.");
    }
    let rows = all.iter().map(|one| {
        view! {
            <tr>
                <th scope="row">{one.gid.clone()}</th>
                <td class="num" title=format::moment(one.prepared_ms)>{format::age((now_ms - one.prepared_ms).max(0) as f64)}</td>
                <td class="text">{one.owner.clone()}</td>
                <td class="text">{one.database.clone()}</td>
            </tr>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-labelledby="prepared-title">
            <table>
                <thead><tr><th scope="col">"Name"</th><th scope="col" class="num">"Age"</th><th scope="col">"Owner"</th><th scope="col">"Database"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
