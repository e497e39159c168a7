//! What shared buffers hold: sums, relations, what is free, and what to load into that.

use leptos::prelude::*;
use model::Unit;
use model::buffer_cache::{
    BufferCache, CacheSummary, CachedGroup, CachedRelation, CachedRelations, Prewarm, Prewarming,
};
use model::measure::NotMeasured;

use super::Outcome;
use crate::live::clock::Clock;
use crate::ui::bar::Bar;
use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::reading::{known, why};
use crate::ui::table::{head, table};

const RELATIONS: [(&str, bool); 6] = [
    ("Relation", false),
    ("Kind", false),
    ("Cached", true),
    ("Of the relation", true),
    ("Dirty", true),
    ("Usage count", true),
];
const GROUPS: [(&str, bool); 3] = [("All else", false), ("Cached", true), ("Dirty", true)];
const USAGE: [(&str, bool); 4] =
    [("Usage count", true), ("Buffers", true), ("Dirty", true), ("In use", true)];

fn bytes(bytes: i64) -> String {
    format::number(bytes as f64, Unit::Bytes)
}

/// What came of asking.
pub fn outcome(outcome: &Outcome) -> AnyView {
    match outcome {
        Ok(cache) => read(cache),
        Err(NotMeasured::Unknown(reason)) => why(reason),
        Err(other) => view! { <p class="why" role="alert">{other.message()}</p> }.into_any(),
    }
}

fn read(cache: &BufferCache) -> AnyView {
    let clock = Clock::get();
    let (at_ms, block) = (cache.at_ms, cache.block_bytes);
    let took = format::number(cache.took_ms, Unit::Ms);
    let (database, size) = (cache.database.clone(), bytes(cache.shared_buffers_bytes));
    view! {
        <p>
            "Read from database " <code>{database}</code> ", "
            {move || clock.day_and_time(at_ms)} ", in " {took} ". shared_buffers is " {size} "."
        </p>
        {known(&cache.summary, |summary| sums(summary, block))}
        {cache.relations.as_ref().map(|relations| by_relation(relations, cache.shared_buffers_bytes))}
        {cache.prewarming.as_ref().map(prewarming)}
    }
    .into_any()
}

fn sums(summary: &CacheSummary, block: i64) -> AnyView {
    let size = |buffers: i64| bytes(buffers.saturating_mul(block));
    let count = |buffers: i64| format::grouped(buffers as f64);
    let rows = summary.usage.iter().map(|one| {
        view! {
            <tr>
                <th scope="row" class="num">{one.usage_count}</th>
                <td class="num">{count(one.buffers)}</td>
                <td class="num">{count(one.dirty)}</td>
                <td class="num">{count(one.pinned)}</td>
            </tr>
        }
    });
    view! {
        <p>{format!("{} hold a block, {} are free; {} are dirty, {} in use at that moment.", size(summary.used), size(summary.unused), size(summary.dirty), size(summary.pinned))}</p>
        {table("Buffers by usage count", head(&USAGE), rows.collect_view())}
        <p class="note">"A buffer that is used counts up to 5, the search for a buffer to replace counts it down, and 0 is replaced. Many at 5 mean that what is used does not fit; many at 0 or 1 that most is read once."</p>
    }
    .into_any()
}

fn by_relation(cached: &CachedRelations, shared_buffers_bytes: i64) -> AnyView {
    let rows = cached.relations.iter().map(relation).collect_view();
    let group = |group: &CachedGroup| {
        view! {
            <tr>
                <th scope="row">{group.name.clone()}</th>
                <td class="num">{bytes(group.bytes)}</td>
                <td class="num">{bytes(group.dirty_bytes)}</td>
            </tr>
        }
    };
    let share = 100.0 * cached.free_bytes as f64 / shared_buffers_bytes.max(1) as f64;
    let free = format!(
        "{} of shared buffers ({}) are free.",
        bytes(cached.free_bytes),
        format::number(share, Unit::Percent)
    );
    view! {
        {table("Shared buffers by relation", head(&RELATIONS), rows)}
        <p class="note">"The share is that of the main fork; cached bytes are of all forks."</p>
        {table("Shared buffers that are no relation's above", head(&GROUPS), cached.groups.iter().map(group).collect_view())}
        <p>{free}</p>
    }
    .into_any()
}

fn relation(relation: &CachedRelation) -> AnyView {
    let name = format!("{}.{}", relation.nspname, relation.relname);
    let toast = (!relation.toast_of.is_empty())
        .then(|| view! { <span class="muted">" of " {relation.toast_of.clone()}</span> });
    let kind = match relation.relkind.as_str() {
        "r" => "table",
        "i" => "index",
        "t" => "TOAST table",
        "m" => "materialized view",
        "S" => "sequence",
        _ => "other",
    };
    let percent = relation.percent();
    let share = match percent {
        Some(percent) => format::number(percent, Unit::Percent),
        None => "unknown".to_owned(),
    };
    view! {
        <tr>
            <th scope="row" class="cache-relation">{name} {toast}</th>
            <td class="text">{kind}</td>
            <td class="num">{bytes(relation.bytes)}</td>
            <td class="with-bar"><span class="num">{share}</span><Bar percent=Signal::stored(percent)/></td>
            <td class="num">{bytes(relation.dirty_bytes)}</td>
            <td class="num">{format!("{:.1}", relation.usage_count)}</td>
        </tr>
    }
    .into_any()
}

/// What to load, and what loads it by itself after a restart.
fn prewarming(prewarming: &Prewarming) -> AnyView {
    let one = |prewarm: &Prewarm| {
        let words = format!(
            "{}: {} blocks were read from outside shared buffers since the statistics were reset; {} more fit.",
            prewarm.relation,
            format::grouped(prewarm.blocks_read as f64),
            bytes(prewarm.bytes)
        );
        view! { <li><p>{words}</p><CodeBlock text=prewarm.sql.clone()/></li> }
    };
    let install = prewarming.installed.as_ref().filter(|_| !prewarming.relations.is_empty());
    let now = match prewarming.relations.is_empty() {
        true => view! { <p>"Nothing to load now: no relation that is read from outside shared buffers, is small against them and is not cached fits into what is free."</p> }.into_any(),
        false => view! {
            <p>"These fit into what is free, so that nothing has to make room. Loading reads the relation once, and takes a lock that blocks neither reads nor writes of it."</p>
            {install.map(why)}
            <ul class="cache-prewarm">{prewarming.relations.iter().map(one).collect_view()}</ul>
        }
        .into_any(),
    };
    let restart = match (&prewarming.autoprewarm_sql, prewarming.is_automatic) {
        (Some(sql), _) => view! {
            <p>"After a restart shared buffers are empty. pg_prewarm saves every five minutes what is cached and loads it again, once the server has been restarted with:"</p>
            <CodeBlock text=sql.clone()/>
        }
        .into_any(),
        (None, Some(true)) => view! { <p>"pg_prewarm is loaded at the start: what is cached is saved and, unless pg_prewarm.autoprewarm is off, loaded again after a restart."</p> }.into_any(),
        _ => view! { <p>"Whether pg_prewarm loads it again after a restart is unknown: shared_preload_libraries is hidden from our role."</p> }.into_any(),
    };
    view! {
        <h3>"Loading what is read"</h3>
        {now}
        {restart}
    }
    .into_any()
}
