//! Drawing of a histogram with plotters, on the server: bars over intervals that follow each other, counts on a
//! logarithmic scale, because a few long runs matter beside thousands of short ones. Numbers only.

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;

use super::chart_data::{HEIGHT, WIDTH};

/// Placeholder colours, replaced by CSS classes.
const GRID: RGBColor = RGBColor(1, 3, 0);
const LABEL: RGBColor = RGBColor(1, 4, 0);
const BAR: RGBColor = RGBColor(1, 2, 0);
const FAINT: RGBColor = RGBColor(1, 2, 1);
/// The lower end of the scale: one run is a bar.
const LEAST: f64 = 0.5;
/// The gap between two bars, of a bar's width.
const GAP: f64 = 0.06;

/// A bar.
pub struct Bar {
    /// Its height.
    pub count: f64,
    /// What stands at its left edge, where there is room for something.
    pub from: Option<String>,
    /// Whether it stands for intervals that are not told apart.
    pub is_faint: bool,
}

/// The SVG; None where there is nothing to draw. `end` stands at the right edge of the last bar.
pub fn histogram(bars: &[Bar], end: Option<&str>) -> Option<String> {
    let top = bars.iter().map(|bar| bar.count).fold(1.0, f64::max) * 1.6;
    let edges =
        bars.iter().enumerate().filter_map(|(at, bar)| Some((at as f64, bar.from.clone()?)));
    let last = end.map(|end| (bars.len() as f64, end.to_owned()));
    let labels: Vec<(f64, String)> = edges.chain(last).collect();
    let across = Places { of: bars.len() as f64, labelled: labels.iter().map(|l| l.0).collect() };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(10)
            .margin_right(30)
            .x_label_area_size(26)
            .y_label_area_size(76)
            .build_cartesian_2d(across, (LEAST..top).log_scale())
            .ok()?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .label_style(("sans-serif", 12).into_font().color(&LABEL))
            .y_labels(4)
            .y_label_formatter(&|y| count(*y))
            .x_label_formatter(&|x| {
                let label = labels.iter().find(|(at, _)| (at - x).abs() < 0.01);
                label.map(|(_, text)| text.clone()).unwrap_or_default()
            })
            .draw()
            .ok()?;
        let shown = bars.iter().enumerate().filter(|(_, bar)| bar.count > LEAST);
        let drawn = shown.map(|(at, bar)| {
            let corners = [(at as f64 + GAP, LEAST), (at as f64 + 1.0 - GAP, bar.count)];
            let colour = if bar.is_faint { FAINT } else { BAR };
            Rectangle::new(corners, colour.filled())
        });
        chart.draw_series(drawn).ok()?;
        root.present().ok()?;
    }
    (!bars.is_empty()).then(|| themed(&svg))
}

/// Powers of ten in few characters.
fn count(value: f64) -> String {
    if value < 1.0 { String::new() } else { model::quantity::number(value, model::Unit::Count) }
}

fn themed(svg: &str) -> String {
    let hex = |RGBColor(r, g, b): RGBColor| format!("#{r:02X}{g:02X}{b:02X}");
    svg.replacen(&format!("width=\"{WIDTH}\" height=\"{HEIGHT}\" "), "", 1)
        .replace(&format!("stroke=\"{}\"", hex(GRID)), "class=\"grid\"")
        .replace(&format!("fill=\"{}\"", hex(LABEL)), "class=\"label\"")
        .replace(&format!("fill=\"{}\"", hex(BAR)), "class=\"fill series-1\"")
        .replace(&format!("fill=\"{}\"", hex(FAINT)), "class=\"fill\"")
        .replace("font-family=\"sans-serif\" ", "")
}

/// The x axis: a place for each bar.
struct Places {
    of: f64,
    labelled: Vec<f64>,
}

impl Ranged for Places {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (value / self.of.max(1.0) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.labelled.clone()
    }

    fn range(&self) -> std::ops::Range<f64> {
        0.0..self.of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_for_each_count_and_labels_at_their_edges() {
        let bar =
            |count, from: Option<&str>| Bar { count, from: from.map(Into::into), is_faint: false };
        let bars = [bar(12_000.0, Some("1 ms")), bar(0.0, None), bar(1.0, Some("5 ms"))];
        let svg = histogram(&bars, Some("10 ms")).unwrap_or_default();
        assert_eq!(svg.matches("class=\"fill series-1\"").count(), 2, "{svg}");
        for label in ["1 ms", "5 ms", "10 ms"] {
            assert!(svg.contains(label), "{svg}");
        }
        assert!(!svg.contains("#01") && !svg.contains("style="), "{svg}");
        assert_eq!(histogram(&[], None), None);
    }
}
