//! What a table takes and how it is kept: sizes part by part, counters, options.

use leptos::prelude::*;
use model::tables::detail::Detail;
use model::tables::{Kind, Persistence};
use model::{ServerId, Unit};

use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::index_links::to_index;
use crate::ui::table;

const COLUMNS: [(&str, bool); 5] =
    [("Part", false), ("Access method", false), ("Size", true), ("Share", false), ("As of", false)];

/// Heap, TOAST and each index.
pub fn sizes(server: &ServerId, detail: &Detail) -> AnyView {
    let (table, block) = (&detail.table, detail.block_bytes);
    let whole = table.total_bytes(block).max(1) as f64;
    let line = |name: AnyView, amname: String, bytes: i64, is_exact: bool| {
        let share = 100.0 * bytes as f64 / whole;
        let title = format::exact(bytes as f64, Unit::Bytes);
        let of = if is_exact { "the last readings" } else { "the last VACUUM or ANALYZE" };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{amname}</td>
                <td class="num" title=title>{format::number(bytes as f64, Unit::Bytes)}</td>
                <td><Bar percent=Signal::stored(Some(share))/></td>
                <td>{of}</td>
            </tr>
        }
    };
    let heap = (table.kind != Kind::Partitioned).then(|| {
        let amname = table.amname.as_deref().unwrap_or_default().to_owned();
        line("Heap".into_any(), amname, table.heap_bytes(block), table.size_bytes.is_some())
    });
    let toast = table.toast.as_ref().map(|toast| {
        let is_exact = toast.size_bytes.is_some();
        line("TOAST with its index".into_any(), String::new(), table.toast_bytes(block), is_exact)
    });
    let indexes = table.indexes.iter().map(|index| {
        let is_exact = index.size_bytes.is_some();
        let to = to_index(server, &detail.row.datname, &table.nspname, &index.relname);
        let name = view! { <a href=to><bdi>{index.relname.clone()}</bdi></a> }.into_any();
        line(name, index.amname.to_string(), index.bytes(block), is_exact)
    });
    let rows = view! { {heap} {toast} {indexes.collect_view()} };
    let note = match table.kind {
        Kind::Partitioned => "A partitioned table holds no rows itself; its partitions are below.",
        _ => "Free space map and visibility map are not in these sizes; they are small.",
    };
    view! {
        <section class="panel" aria-labelledby="sizes-title">
            <h2 id="sizes-title">"Sizes"</h2>
            {table::table("Sizes", table::head(&COLUMNS), rows)}
            <p class="muted">{note}</p>
        </section>
    }
    .into_any()
}

/// Counters, maintenance and options.
pub fn facts(detail: &Detail) -> AnyView {
    let rows = shown(detail).into_iter().map(|(label, value)| {
        view! { <div><dt>{label}</dt><dd class="num">{value}</dd></div> }
    });
    let since = match detail.stats_reset_ms {
        Some(ms) => format!("Counters since {}.", format::moment(ms)),
        None => "The counters were never reset.".to_owned(),
    };
    view! {
        <section class="panel" aria-labelledby="facts-title">
            <h2 id="facts-title">"What is known of it"</h2>
            <dl class="statement-figures">{rows.collect_view()}</dl>
            <p class="muted">{since}</p>
        </section>
    }
    .into_any()
}

fn shown(detail: &Detail) -> Vec<(&'static str, String)> {
    let (table, sums) = (&detail.table, &detail.row.sums);
    let (of, maintenance) = (&sums.counters, &table.maintenance);
    let count = |n: i64| format::number(n as f64, Unit::Count);
    let share = |percent: Option<f64>| {
        percent.map_or_else(|| "–".to_owned(), |percent| format::number(percent, Unit::Percent))
    };
    let at = |ms: Option<i64>| ms.map_or_else(|| "never seen".to_owned(), format::moment);
    let options = match table.reloptions.as_slice() {
        [] => "none set".to_owned(),
        options => options.join(", "),
    };
    let rows = match sums.reltuples {
        Some(rows) => format::number(rows, Unit::Count),
        None => "never counted".to_owned(),
    };
    let persistence = match table.persistence {
        Persistence::Permanent => "permanent",
        Persistence::Unlogged => "unlogged: empty after a crash, and not on standbys",
    };
    vec![
        ("Rows, as of the last VACUUM or ANALYZE", rows),
        ("Live rows, counted", count(of.n_live_tup)),
        ("Dead rows, counted", count(of.n_dead_tup)),
        ("Dead rows of all", share(sums.dead_percent())),
        ("Changed since the last ANALYZE", count(of.n_mod_since_analyze)),
        ("Inserted since the last VACUUM", count(of.n_ins_since_vacuum)),
        ("Rows inserted", count(of.n_tup_ins)),
        ("Rows updated", count(of.n_tup_upd)),
        ("HOT updates of all", share(sums.hot_percent())),
        ("Rows deleted", count(of.n_tup_del)),
        ("Sequential scans", count(of.seq_scan)),
        ("Rows read by them", count(of.seq_tup_read)),
        ("Index scans", count(of.idx_scan)),
        ("Blocks found in shared buffers", share(sums.hit_percent())),
        ("Last VACUUM", at(maintenance.last_vacuum_ms)),
        ("Last autovacuum", at(maintenance.last_autovacuum_ms)),
        ("Last ANALYZE", at(maintenance.last_analyze_ms)),
        ("Last autoanalyze", at(maintenance.last_autoanalyze_ms)),
        (
            "Age of its oldest transaction ID",
            table
                .xid_age
                .map_or_else(|| "–".to_owned(), |age| format::number(age as f64, Unit::Xids)),
        ),
        ("fillfactor", format!("{}\u{a0}%", table.option("fillfactor").unwrap_or("100"))),
        ("Storage parameters", options),
        ("Persistence", persistence.to_owned()),
        ("Columns, dropped ones included", count(i64::from(table.relnatts))),
        ("Read", format::moment(detail.at_ms)),
    ]
}
