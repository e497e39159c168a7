//! How long single runs of the statement took: a histogram from the server's log where it can be read, and one
//! from samples of sessions, each with what it rests on.

use leptos::prelude::*;
use model::Unit;
use model::latency::{Histogram, Latency, Within, bounds};
use serde::{Deserialize, Serialize};

use crate::ui::chart_plot::drawn;
use crate::ui::format;
use crate::ui::reading::why;
use crate::ui::table;

/// The histograms and their pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    latency: Latency,
    logged: Option<String>,
    sampled: Option<String>,
}

#[cfg(feature = "ssr")]
impl Shown {
    /// Draws them.
    pub fn of(latency: Latency) -> Self {
        let draw = |found: &model::Known<Histogram>| found.as_ref().ok().and_then(picture);
        Self { logged: draw(&latency.logged), sampled: draw(&latency.sampled), latency }
    }
}

/// How long its runs took, drawn.
#[cfg(feature = "ssr")]
pub async fn read(
    engine: &engine::Engine,
    server: &model::ServerId,
    detail: &model::statements::Detail,
    question: &model::statements::Question,
) -> Result<Shown, model::ApiError> {
    use engine::areas::{
        activity::ActivityArea, log::LogArea, statements::ranking::latency as of_runs,
    };
    let unsampled = engine.latest_as::<ActivityArea, _>(server, |value| value.others.clone().err());
    let unlogged = engine.latest_as::<LogArea, _>(server, |value| value.why_not().cloned());
    let reasons = (unsampled.and_then(why_not), unlogged.and_then(why_not));
    let found = of_runs::of(engine, server, (detail, question), reasons).await;
    let found = found.map_err(|incident| model::ApiError::Internal { incident })?;
    Ok(Shown::of(found))
}

/// Why a reading gives no runs: the reason that it has, or why there is none.
#[cfg(feature = "ssr")]
fn why_not(latest: model::Latest<Option<model::Reason>>) -> Option<model::Reason> {
    match latest.reading {
        Some(reading) => reading.value,
        None => latest.failure.map(|failure| failure.reason),
    }
}

/// Buckets between two labels of the axis.
#[cfg(feature = "ssr")]
const STEP: usize = 3;

#[cfg(feature = "ssr")]
fn picture(of: &Histogram) -> Option<String> {
    use crate::ui::histogram_svg::{Bar, histogram};
    let (first, last) = span(of)?;
    let edge = |at: usize| format::plain(&format::age(bounds(at).0));
    let below = of.below.filter(|_| of.told_from > 0);
    let rest = below.map(|count| Bar { count, from: Some("0".into()), is_faint: true });
    let bar = |at: usize| Bar {
        count: of.counts.get(at).copied().unwrap_or(0.0),
        from: (at == first || (at - first).is_multiple_of(STEP)).then(|| edge(at)),
        is_faint: false,
    };
    let bars: Vec<Bar> = rest.into_iter().chain((first..=last).map(bar)).collect();
    let end =
        (last + 1 - first).is_multiple_of(STEP).then(|| bounds(last).1.map(|_| edge(last + 1)));
    histogram(&bars, end.flatten().as_deref())
}

/// The buckets that are shown: between the first and the last with a run, and from the border of what is
/// known where something is known below.
fn span(of: &Histogram) -> Option<(usize, usize)> {
    let mut held = (0..of.counts.len()).filter(|at| of.counts.get(*at).is_some_and(|n| *n >= 0.5));
    let first = held.next();
    let last = held.next_back().or(first);
    match (first, last, of.below.filter(|_| of.told_from > 0)) {
        (Some(_), Some(last), Some(_)) => Some((of.told_from, last)),
        (Some(first), Some(last), None) => Some((first, last)),
        (_, _, Some(below)) if below > 0.0 => Some((of.told_from, of.told_from)),
        _ => None,
    }
}

/// The panel.
pub fn panel(shown: &Shown, calls: f64) -> AnyView {
    let log = match &shown.latency.logged {
        Ok(found) => {
            let lines = format::plural(found.seen as i64, "run was read", "runs were read");
            let basis = shown.latency.logged_basis.join(" ");
            figure(
                "From the server's log",
                found,
                shown.logged.clone(),
                format!("{lines}. {basis}"),
            )
        }
        Err(reason) => absent("From the server's log", reason),
    };
    let sampled = match &shown.latency.sampled {
        Ok(found) => {
            figure("From sampled sessions", found, shown.sampled.clone(), sampled(found, calls))
        }
        Err(reason) => absent("From sampled sessions", reason),
    };
    view! {
        <section class="panel" aria-labelledby="latency-title">
            <h2 id="latency-title">"Latency"</h2>
            <p class="muted">"How long single runs took, in all databases and for all roles. Counts stand on a logarithmic scale."</p>
            <div class="charts">{log} {sampled}</div>
        </section>
    }
    .into_any()
}

/// What the samples' histogram rests on.
fn sampled(found: &Histogram, calls: f64) -> String {
    let seen = format::plural(found.seen.round() as i64, "run was met", "runs were met");
    let basis = "Sessions are looked at once a second, so a run shorter than that is met as seldom as it is short.";
    let short = match found.total() {
        Some(total) => {
            let told = format::age(bounds(found.told_from).0);
            let head = if found.told_from > 0 { format!(" Those below {told} are not told apart.") } else { String::new() };
            let counted = (calls > 0.0).then(|| format!(" pg_stat_statements counts {}.", format::number(calls, Unit::Count)));
            format!("How many such runs there were is estimated from the ages at which they were met, about {} runs in all.{head}{}", format::number(total.round(), Unit::Count), counted.unwrap_or_default())
        }
        None => "Too few were met below a second to say how many of them there were: only longer runs are shown.".to_owned(),
    };
    format!(
        "{seen}. {basis} {short} Of runs of a second and more none is missed; where the session went on with another statement, the end is known to a second."
    )
}

fn absent(title: &'static str, reason: &model::Reason) -> AnyView {
    view! {
        <figure class="chart">
            <figcaption><h3>{title}</h3></figcaption>
            {why(reason)}
        </figure>
    }
    .into_any()
}

fn figure(title: &'static str, of: &Histogram, svg: Option<String>, basis: String) -> AnyView {
    let percentiles = of.percentiles.iter().map(|(percent, known)| {
        let (value, title) = match known {
            Ok(found) => (within(*found), None),
            Err(reason) => ("unknown".to_owned(), Some(reason.message())),
        };
        view! { <div><dt>{format!("p{percent}")}</dt><dd class="num" title=title>{value}</dd></div> }
    });
    let unknown =
        of.percentiles.iter().find_map(|(percent, known)| Some((percent, known.as_ref().err()?)));
    let unknown =
        unknown.map(|(percent, reason)| format!(" p{percent} is not known: {}", reason.message()));
    view! {
        <figure class="chart">
            <figcaption><h3>{title}</h3><span class="muted">"runs"</span></figcaption>
            {svg.map(drawn)}
            <dl class="statement-figures">{percentiles.collect_view()}</dl>
            <p class="muted">{format::unbroken(&basis)} {unknown}</p>
            <details class="points">
                <summary>"Data points"</summary>
                {points(title, of)}
            </details>
        </figure>
    }
    .into_any()
}

/// An interval in words.
fn within((from, to): Within) -> String {
    match to {
        Some(to) if from <= 0.0 => format!("below {}", format::age(to)),
        Some(to) => format!("{} to {}", format::age(from), format::age(to)),
        None => format!("{} and more", format::age(from)),
    }
}

fn points(title: &'static str, of: &Histogram) -> AnyView {
    let known = span(of);
    let row = |took: String, count: f64| {
        view! { <tr><th scope="row">{took}</th><td class="num">{format::number(count.round(), Unit::Count)}</td></tr> }
    };
    let head = of.below.filter(|_| of.told_from > 0);
    let below = head.map(|count| row(within((0.0, Some(bounds(of.told_from).0))), count));
    let counts = known.into_iter().flat_map(|(first, last)| first..=last);
    let rows = counts.map(|at| row(within(bounds(at)), of.counts.get(at).copied().unwrap_or(0.0)));
    let all = view! { {below} {rows.collect_view()} };
    table::table(title, table::head(&[("Took", false), ("Runs", true)]), all)
}

#[cfg(test)]
mod tests {
    use model::latency::{BUCKETS, bucket};

    use super::*;

    #[test]
    fn what_is_not_known_below_is_said_and_not_drawn_as_nothing() {
        let (met, mut ended) = ([0.0; BUCKETS], [0.0; BUCKETS]);
        ended[bucket(3_000.0)] = 2.0;
        let found = Histogram::of_samples(&met, &ended).unwrap();
        assert_eq!(span(&found), Some((bucket(3_000.0), bucket(3_000.0))));
        assert!(sampled(&found, 90.0).contains("only longer runs are shown"));
        assert_eq!(within((0.0, Some(2_000.0))), "below 2\u{a0}s");
        assert_eq!(within((3_600_000.0, None)), "1\u{a0}h and more");
        #[cfg(feature = "ssr")]
        assert!(picture(&found).is_some_and(|svg| svg.matches("class=\"fill").count() == 1));
    }
}
