//! What a measurement found, or why there is none.

use leptos::prelude::*;
use model::Unit;
use model::measure::{Measured, NotMeasured};

use super::start::Outcome;
use crate::live::clock::Clock;
use crate::ui::format;
use crate::ui::reading::{known, why};

/// What came of it.
pub fn outcome(outcome: &Outcome) -> AnyView {
    match outcome {
        Ok(measured) => found(measured),
        Err(why) => not_measured(why),
    }
}

/// Why there is no result, with what to do.
pub fn not_measured(not: &NotMeasured) -> AnyView {
    match not {
        NotMeasured::Unknown(reason) => why(reason),
        not => view! { <p role="alert">{format::unbroken(&not.message())}</p> }.into_any(),
    }
}

/// A result: what a rewrite would give back, how sure that is, and what the method cannot see.
pub fn found(measured: &Measured) -> AnyView {
    let (clock, at_ms) = (Clock::get(), measured.at_ms);
    let method = measured.request.method;
    let bytes = |bytes: u64| format::number(bytes as f64, Unit::Bytes);
    let given = known(&measured.reclaimable_bytes, |given| {
        let share = 100.0 * *given as f64 / measured.bytes.max(1) as f64;
        let error = method.error_points();
        let error = error.map(|points| format!(", ± {points:.0} percentage points"));
        view! {
            <p class="measure-given">
                <strong>{bytes(*given)}</strong> " of " {bytes(measured.bytes)} " would be given back ("
                {format::number(share, Unit::Percent)} {error} ")."
            </p>
        }
        .into_any()
    });
    let rows = measured.live_rows.map(|rows| format::number(rows, Unit::Count));
    let length = measured.row_bytes.map(|bytes| format::number(bytes, Unit::Bytes));
    let rows = match (rows, length) {
        (Some(rows), Some(length)) => format!("{rows} live rows of {length} in the mean. "),
        (Some(rows), None) => format!("{rows} live rows. "),
        _ => String::new(),
    };
    let sample = measured.sampled_blocks.map(|blocks| {
        format!("From {}. ", format::plural(blocks as i64, "sampled block", "sampled blocks"))
    });
    view! {
        {given}
        <p>
            {rows} {sample} "Measured with " <code>{method.function()}</code> " in "
            {format::number(measured.took_ms, Unit::Ms)} ", " {move || clock.day_and_time(at_ms)} "."
        </p>
        <p class="note">{method.blind_to()}</p>
    }
    .into_any()
}
