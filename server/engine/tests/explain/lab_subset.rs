//! A part of the advice lab that is the same on every machine: judged by blocks alone. All of it is run by
//! `cargo bench -p engine --bench advice`.

use playground::lab::scenarios;

use super::support::Result;
use super::{lab, lab::Verdict};

/// One scenario for each kind of index, and plans that are healthy. Each major runs every second one.
const SCENARIOS: [&str; 20] = [
    "array_overlaps",
    "equal_then_range",
    "expression_beside_a_column",
    "flag_alone",
    "healthy_day",
    "healthy_join",
    "healthy_loop_of_keys_filtered",
    "index_is_invalid",
    "join_without_index",
    "jsonb_contains",
    "like_prefix",
    "list_by_or",
    "null_and_equal",
    "number_as_text",
    "partitions",
    "range_holds_value",
    "sort_by_the_range",
    "sort_nulls_last",
    "text_search_expression",
    "walk_in_order",
];

async fn on(major: u16, first: usize) -> Result {
    let all = scenarios()?;
    let lab = lab::start(major, 1, true).await?;
    for name in SCENARIOS.into_iter().skip(first).step_by(2) {
        let found = all.iter().find(|one| one.name == name);
        let scenario = found.ok_or_else(|| anyhow::anyhow!("no scenario {name}"))?;
        holds(&lab.run(scenario).await?)?;
    }
    lab.stop().await;
    Ok(())
}

fn holds(verdict: &Verdict) -> Result {
    let name = &verdict.scenario.name;
    anyhow::ensure!(verdict.is_right()[1], "{name}: {:?} {:?}", verdict.first, verdict.loud);
    let offered: Vec<&str> = verdict.trials.iter().map(|trial| trial.sql.as_str()).collect();
    anyhow::ensure!(verdict.is_offered(), "{name}: {offered:?}");
    for trial in &verdict.trials {
        let sql = &trial.sql;
        anyhow::ensure!(
            trial.is_sound(),
            "{name}: {sql}: {:?} and {:?}",
            trial.before,
            trial.after
        );
        anyhow::ensure!(!trial.is_harmful(), "{name}: {sql}: {:?}", trial.worst);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_that_is_carried_out_keeps_its_promise_on_14() -> Result {
    on(14, 0).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_that_is_carried_out_keeps_its_promise_on_18() -> Result {
    on(18, 1).await
}
