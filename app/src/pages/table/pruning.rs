//! Which statements on a partitioned table leave partitions out, by their conditions.

use leptos::prelude::*;
use model::pruning::{KeyUse, Pruning, Reader, TreeKey};
use model::tables::detail::Detail;
use model::{Known, ServerId, Unit, statements};

use crate::ui::format;
use crate::ui::reading::why;
use crate::ui::statement_links::to_statement;
use crate::ui::table;

/// The most statements that are looked at.
#[cfg(feature = "ssr")]
const MOST_STATEMENTS: usize = 200;
/// What a live page looks at, ms: a day has every statement of daily work.
#[cfg(feature = "ssr")]
const LIVE_MS: i64 = 24 * 3_600_000;
/// Statements that are listed.
const LISTED: usize = 20;

const COLUMNS: [(&str, bool); 5] =
    [("Statement", false), ("Conditions", false), ("Calls", true), ("Time", true), ("Mean", true)];

/// The statements that read the table in the range, from the history.
#[cfg(feature = "ssr")]
pub async fn read(
    engine: &engine::Engine,
    server: &ServerId,
    name: &model::tables::detail::TableName,
    (key, time): (&TreeKey, model::TimeRange),
) -> Result<Known<Pruning>, model::ApiError> {
    use engine::areas::statements::ranking::workload;
    use model::{ApiError, Reason, TimeRange};

    use crate::ui::table_links::full_name;
    if !crate::auth::require(model::Permission::See, Some(server))?.sees_query_text(server) {
        let message = "The text of statements is hidden from you.".to_owned();
        return Ok(Err(Reason::Nothing { message }));
    }
    let now_ms = engine.now_ms();
    let live = TimeRange::between(now_ms - LIVE_MS, now_ms).unwrap_or_default();
    let range = if time.is_live() { live } else { time };
    let (from_ms, to_ms) = range.bounds(now_ms).unwrap_or((now_ms - LIVE_MS, now_ms));
    let question = statements::Question {
        from: from_ms.to_string(),
        to: to_ms.to_string(),
        database: name.database.clone(),
        table: full_name(&name.schema, &name.name),
        ..statements::Question::default()
    };
    let found = workload::naming(engine, server, &question, MOST_STATEMENTS).await;
    let found = found.map_err(|incident| ApiError::Internal { incident })?;
    let recorded = match found.ok_or(ApiError::NotFound)? {
        Ok(recorded) => recorded,
        Err(reason) => return Ok(Err(reason)),
    };
    let (name, key) = (name.clone(), key.clone());
    let parsed = tokio::task::spawn_blocking(move || {
        engine::pruning::readers(recorded, (&name.schema, &name.name), &key)
    });
    let failed = |_| Reason::Broken { what: "Parsing the statements".into() };
    let readers = parsed.await.map_err(failed);
    Ok(readers.map(|readers| Pruning { readers, window: (from_ms, to_ms) }))
}

/// The panel.
pub fn panel(server: &ServerId, datname: &str, detail: &Detail, found: &Known<Pruning>) -> AnyView {
    let key = detail.tree_key.as_ref().and_then(|key| key.as_ref().ok());
    let inner = match (found, key) {
        (Ok(pruning), Some(key)) => statements(server, datname, (pruning, key)),
        (Err(reason), _) => why(reason),
        (Ok(_), None) => ().into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="pruning-title">
            <h2 id="pruning-title">"Which statements leave partitions out"</h2>
            {inner}
        </section>
    }
    .into_any()
}

fn statements(server: &ServerId, datname: &str, (pruning, key): (&Pruning, &TreeKey)) -> AnyView {
    let rows = pruning.readers.iter().filter(|reader| reader.key_use != KeyUse::Compared);
    let rows: Vec<AnyView> =
        rows.take(LISTED).map(|reader| line(server, datname, pruning, reader)).collect();
    let off = (!key.is_pruning_on).then(|| {
        view! { <p class="note" role="alert">"enable_partition_pruning is off: every statement reads all partitions, whatever its conditions."</p> }
    });
    let expression = key.has_expression.then(|| {
        view! { <p class="note">"It is divided by an expression, too: a condition on that very expression leaves partitions out and is not recognised here."</p> }
    });
    let (from, to) = pruning.window;
    let window = format!(
        "Statements recorded from {} to {}, by their conditions; a condition that names the key may still match all partitions.",
        format::moment(from),
        format::moment(to)
    );
    view! {
        {off}
        <p>{format::unbroken(&sentence(pruning, key))}</p>
        {expression}
        {(!rows.is_empty()).then(|| table::table("Statements that read all partitions", table::head(&COLUMNS), rows.collect_view()))}
        <p class="muted">{window}</p>
    }
    .into_any()
}

/// `3 of 5 statements on it read all 36 partitions: …`.
fn sentence(pruning: &Pruning, key: &TreeKey) -> String {
    let by = match key.columns.as_slice() {
        [] => {
            return "It is divided by an expression only: what conditions leave out is not known."
                .into();
        }
        columns => columns.join(", "),
    };
    let all = pruning.readers.len() as i64;
    let reading = pruning.readers.iter().filter(|reader| reader.key_use.reads_all()).count() as i64;
    let partitions = format::plural(key.leaves as i64, "partition", "partitions");
    let statements = format::plural(all, "statement", "statements");
    match (all, reading) {
        (0, _) => format!("No statement that reads it is recorded. It is divided by {by}."),
        (_, 0) => format!(
            "None of {statements} on it has to read all of its {partitions}: it is divided by {by}."
        ),
        (1, _) => format!(
            "The only statement on it reads all of its {partitions}: it does not filter by {by}."
        ),
        (_, 1) => format!(
            "1 of {statements} on it reads all of its {partitions}: it does not filter by {by}."
        ),
        (_, many) => format!(
            "{} of {statements} on it read all of its {partitions}: none of them filters by {by}.",
            format::grouped(many as f64)
        ),
    }
}

fn line(server: &ServerId, datname: &str, pruning: &Pruning, reader: &Reader) -> AnyView {
    let window = statements::Question {
        from: pruning.window.0.to_string(),
        to: pruning.window.1.to_string(),
        ..statements::Question::default()
    };
    let to = to_statement(server, reader.queryid, (datname, ""), &window);
    let mean = (reader.calls > 0.0).then(|| reader.total_ms / reader.calls);
    view! {
        <tr>
            <td class="text"><a href=to><code>{reader.text.clone()}</code></a></td>
            <td class="text">{reader.key_use.as_str()}</td>
            <td class="num">{format::number(reader.calls, Unit::Count)}</td>
            <td class="num">{format::number(reader.total_ms, Unit::Ms)}</td>
            <td class="num">{mean.map_or_else(|| "–".to_owned(), |mean| format::number(mean, Unit::Ms))}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_statements_that_read_all_is_said() {
        let key = TreeKey {
            columns: vec!["created_at".into()],
            has_expression: false,
            is_pruning_on: true,
            leaves: 36,
        };
        let reader = |key_use| Reader {
            queryid: 1,
            text: String::new(),
            calls: 1.0,
            total_ms: 1.0,
            key_use,
        };
        let of = |uses: &[KeyUse]| {
            let readers = uses.iter().copied().map(reader).collect();
            sentence(&Pruning { readers, window: (0, 1) }, &key)
        };
        use KeyUse::{Absent, Compared, Limited, Wrapped};
        assert_eq!(
            of(&[Absent, Wrapped, Absent, Compared, Limited]),
            "3 of 5 statements on it read all of its 36 partitions: none of them filters by created_at."
        );
        assert!(of(&[Compared, Limited]).starts_with("None of 2 statements"));
        assert!(of(&[Absent]).starts_with("The only statement on it reads all"));
        assert!(of(&[]).starts_with("No statement"));
        let expression = TreeKey { columns: Vec::new(), ..key.clone() };
        assert!(sentence(&Pruning::default(), &expression).contains("expression"));
    }
}
