//! Chart rendering to SVG with plotters, on the server: numbers only, no text of a watched
//! server; the labels of the time axis follow the reader's clock, so `chart_plot.rs` draws them. Colours are placeholders replaced by CSS classes, so that the theme decides.

use model::{Reason, Unit};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;

use super::chart_data::{Chart, HEIGHT, Line, Picture, WIDTH};
use super::chart_shape::{runs, stack};
use super::format::Scale;

/// Grid and axes: a placeholder colour, replaced by a CSS class.
const GRID: RGBColor = RGBColor(1, 3, 0);
/// Labels.
const LABEL: RGBColor = RGBColor(1, 4, 0);
/// The limit.
const LIMIT: RGBColor = RGBColor(1, 5, 0);
/// The limit's line is drawn only when it is at most this many times the highest point; otherwise
/// it would flatten the data.
const LIMIT_REACH: f64 = 5.0;
/// What to draw.
pub struct ChartSpec {
    /// Unique on the page.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// The moments.
    pub times: Vec<i64>,
    /// The lines.
    pub lines: Vec<Line>,
    /// A limit: (name, value).
    pub limit: Option<(String, f64)>,
    /// Whether lines are stacked areas.
    pub stacked: bool,
    /// Why there is nothing to draw, when no point is known.
    pub absent: Reason,
}

/// Renders a chart; without any known point it gives `absent` instead of an SVG.
pub fn chart(spec: ChartSpec) -> Chart {
    let known = spec.lines.iter().any(|line| line.points.iter().any(Option::is_some));
    let picture = if !known || spec.times.len() < 2 {
        Err(why_absent(known, &spec))
    } else {
        draw(&spec).ok_or_else(|| Reason::Failed {
            sqlstate: "XX000".into(),
            message: "the chart could not be drawn".into(),
        })
    };
    Chart {
        id: spec.id.into(),
        title: spec.title.into(),
        unit: spec.unit,
        times: spec.times,
        lines: spec.lines,
        stacked: spec.stacked,
        limit: spec.limit,
        note: None,
        more: false,
        events: None,
        picture,
    }
}

/// With two readings and more, "it needs two" is no longer why.
fn why_absent(known: bool, spec: &ChartSpec) -> Reason {
    match &spec.absent {
        _ if known => Reason::NeedsTwoReadings,
        Reason::NeedsTwoReadings if spec.times.len() >= 2 => {
            Reason::Nothing { message: "None of the readings so far has a value for this.".into() }
        }
        why => why.clone(),
    }
}

fn draw(spec: &ChartSpec) -> Option<Picture> {
    let (first, last) = (*spec.times.first()?, *spec.times.last()?);
    let top = top(spec);
    let scale = Scale::for_axis(spec.unit, top);
    let mut svg = String::new();
    let limit = spec.limit.as_ref().map(|(_, limit)| *limit).filter(|limit| *limit <= top);
    let frame = {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        let across = TimeAxis { span: (last - first).max(1) as f64 };
        let mut chart = ChartBuilder::on(&root)
            .margin_top(10)
            .margin_right(30)
            .x_label_area_size(26)
            .y_label_area_size(76)
            .build_cartesian_2d(across, 0.0..scale.scaled(top))
            .ok()?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .label_style(("sans-serif", 12).into_font().color(&LABEL))
            .y_labels(4)
            .y_label_formatter(&|y| scale.label(*y))
            .draw()
            .ok()?;
        let x = |time: i64| (time - first) as f64;
        if spec.stacked {
            for (at, tops) in stacked(spec).into_iter().enumerate().rev() {
                for run in runs(&spec.times, &tops) {
                    let points =
                        run.into_iter().map(|(time, value)| (x(time), scale.scaled(value)));
                    chart.draw_series(AreaSeries::new(points, 0.0, data(at).filled())).ok()?;
                }
            }
        } else {
            for (at, line) in spec.lines.iter().enumerate() {
                for run in runs(&spec.times, &line.points) {
                    let points =
                        run.into_iter().map(|(time, value)| (x(time), scale.scaled(value)));
                    chart.draw_series(LineSeries::new(points, data(at).stroke_width(2))).ok()?;
                }
            }
        }
        if let Some(limit) = limit {
            let across = [(0.0, scale.scaled(limit)), (x(last), scale.scaled(limit))];
            chart.draw_series(LineSeries::new(across, LIMIT.stroke_width(1))).ok()?;
        }
        let (across, down) = chart.plotting_area().get_pixel_range();
        root.present().ok()?;
        (across.start, down.start, across.end, down.end)
    };
    Some(Picture { svg: themed(&svg, spec), frame, top, limit_drawn: limit.is_some() })
}

/// The x axis, in ms since the first point; without labels.
struct TimeAxis {
    span: f64,
}

impl Ranged for TimeAxis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (value / self.span * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        Vec::new()
    }

    fn range(&self) -> std::ops::Range<f64> {
        0.0..self.span
    }
}

/// The placeholder colour of a line.
fn data(at: usize) -> RGBColor {
    RGBColor(1, 2, at.min(255) as u8)
}

/// The top of the y axis: a little above the highest point, or the limit if it is near.
fn top(spec: &ChartSpec) -> f64 {
    let highest = if spec.stacked {
        stacked(spec).last().map_or(0.0, |tops| tops.iter().flatten().copied().fold(0.0, f64::max))
    } else {
        spec.lines.iter().flat_map(|line| line.points.iter().flatten()).copied().fold(0.0, f64::max)
    };
    let limit = spec.limit.as_ref().map_or(0.0, |(_, limit)| *limit);
    let reach = if limit <= highest * LIMIT_REACH { highest.max(limit) } else { highest };
    match spec.unit {
        // Small percentages would be a flat line at zero on a scale to 100 %.
        Unit::Percent if reach < 50.0 => (reach * 1.2).max(1.0),
        Unit::Percent => 100.0,
        // A flat line at zero still needs an axis: one unit.
        _ if reach <= 0.0 => 1.0,
        _ => reach * 1.08,
    }
}

fn stacked(spec: &ChartSpec) -> Vec<Vec<Option<f64>>> {
    stack(&spec.lines.iter().collect::<Vec<_>>(), spec.times.len())
}

/// Replaces placeholder colours by CSS classes and removes the fixed size.
fn themed(svg: &str, spec: &ChartSpec) -> String {
    let hex = |RGBColor(r, g, b): RGBColor| format!("#{r:02X}{g:02X}{b:02X}");
    let mut out = svg
        .replacen(&format!("width=\"{WIDTH}\" height=\"{HEIGHT}\" "), "", 1)
        .replace(&format!("stroke=\"{}\"", hex(GRID)), "class=\"grid\"")
        .replace(&format!("fill=\"{}\"", hex(LABEL)), "class=\"label\"")
        .replace(&format!("stroke=\"{}\"", hex(LIMIT)), "class=\"limit-line\"")
        .replace("font-family=\"sans-serif\" ", "");
    for (at, line) in spec.lines.iter().enumerate() {
        out = out
            .replace(
                &format!("stroke=\"{}\"", hex(data(at))),
                &format!("class=\"line {}\"", line.class),
            )
            .replace(
                &format!("fill=\"{}\"", hex(data(at))),
                &format!("class=\"fill {}\"", line.class),
            );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(points: Vec<Option<f64>>) -> ChartSpec {
        ChartSpec {
            id: "t",
            title: "T",
            unit: Unit::PerSecond,
            times: (0..points.len() as i64).map(|at| at * 1_000).collect(),
            lines: vec![Line { name: "<b>".into(), class: "series-1".into(), points }],
            limit: None,
            stacked: false,
            absent: Reason::NeedsTwoReadings,
        }
    }

    #[test]
    fn a_gap_is_never_a_line_across() {
        let chart = chart(spec(vec![Some(1.0), Some(2.0), None, Some(3.0), Some(4.0)]));
        let svg = chart.picture.map(|picture| picture.svg).unwrap_or_default();
        assert_eq!(svg.matches("class=\"line series-1\"").count(), 2, "{svg}");
    }

    #[test]
    fn colours_and_styles_are_left_to_the_theme() {
        let svg =
            chart(spec(vec![Some(1.0), Some(2.0)])).picture.map(|p| p.svg).unwrap_or_default();
        assert!(!svg.contains("style=") && !svg.contains("#01"), "{svg}");
        assert!(!svg.contains("<b>") && svg.contains("viewBox"), "{svg}");
        assert!(!svg.contains(" width=\"560\""), "{svg}");
    }

    #[test]
    fn nothing_known_says_why() {
        assert_eq!(chart(spec(vec![None])).picture, Err(Reason::NeedsTwoReadings));
        // The second has come, so that is no longer the reason.
        let without = chart(spec(vec![None, None])).picture;
        assert!(without.is_err_and(|reason| reason.is_nothing()));
        let lost = Reason::TimedOut { after_ms: 1 };
        let spec = ChartSpec { absent: lost.clone(), ..spec(vec![None, None]) };
        assert_eq!(chart(spec).picture, Err(lost));
    }
}
