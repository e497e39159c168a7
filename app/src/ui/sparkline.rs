//! Sparkline: a small line chart without axes, with gaps where data is missing.

use leptos::prelude::*;

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;

/// A small line chart without axes. Hidden from screen readers: the number is beside it.
#[component]
pub fn Sparkline(
    /// Values, oldest first; None is a gap.
    #[prop(into)]
    values: Signal<Vec<Option<f64>>>,
) -> impl IntoView {
    let runs = Memo::new(move |_| values.with(|values| runs(values)));
    view! {
        <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            {move || {
                runs.get()
                    .into_iter()
                    .map(|points| view! { <polyline points=points vector-effect="non-scaling-stroke"></polyline> })
                    .collect_view()
            }}
        </svg>
    }
}

/// Segments between gaps, each as the `points` of a polyline.
fn runs(values: &[Option<f64>]) -> Vec<String> {
    let top = values.iter().flatten().copied().fold(0.0, f64::max);
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let height = |value: f64| {
        if top > 0.0 { HEIGHT - 1.0 - value.max(0.0) / top * (HEIGHT - 2.0) } else { HEIGHT - 1.0 }
    };
    let mut runs = vec![String::new()];
    for (at, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => {
                if !run.is_empty() {
                    run.push(' ');
                }
                run.push_str(&format!("{:.1},{:.1}", at as f64 * step, height(*value)));
            }
            _ => runs.push(String::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    for run in &mut runs {
        // A single point would be invisible: draw a short dash.
        if let (false, Some((x, y))) = (run.contains(' '), run.split_once(',')) {
            let x: f64 = x.parse().unwrap_or(0.0);
            *run = format!("{x:.1},{y} {:.1},{y}", x + 0.8);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line() {
        let runs = runs(&[Some(0.0), Some(10.0), None, Some(10.0), Some(5.0)]);
        assert_eq!(runs, ["0.0,23.0 25.0,1.0", "75.0,1.0 100.0,12.0"]);
    }

    #[test]
    fn nothing_known_draws_nothing() {
        assert!(runs(&[None, None]).is_empty());
        assert!(runs(&[]).is_empty());
        assert_eq!(runs(&[Some(0.0)]), ["0.0,23.0 0.8,23.0"]);
    }
}
