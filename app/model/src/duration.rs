//! Durations as text: the one format of pages, findings, CLI and JSON.

const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: f64 = 3_600_000.0;
const DAY_MS: f64 = 86_400_000.0;

/// A duration in its two largest units: `350 ms`, `4.2 s`, `12 min 5 s`, `3 h 12 min`, `2 d 4 h`.
/// Rounded down, so that nothing is older than it is.
pub fn duration(ms: f64) -> String {
    let ms = if ms.is_finite() { ms.max(0.0) } else { return "?".into() };
    match ms {
        ms if ms < 1_000.0 => format!("{} ms", ms.floor()),
        ms if ms < 10_000.0 => format!("{} s", (ms / 100.0).floor() / 10.0),
        ms if ms < MINUTE_MS => format!("{} s", (ms / 1e3).floor()),
        ms if ms < HOUR_MS => two(ms, (MINUTE_MS, "min"), (1e3, "s")),
        ms if ms < DAY_MS => two(ms, (HOUR_MS, "h"), (MINUTE_MS, "min")),
        _ => two(ms, (DAY_MS, "d"), (HOUR_MS, "h")),
    }
}

fn two(ms: f64, (large, unit): (f64, &str), (small, small_unit): (f64, &str)) -> String {
    let whole = (ms / large).floor();
    let rest = ((ms - whole * large) / small).floor();
    if rest < 1.0 {
        format!("{whole} {unit}")
    } else {
        format!("{whole} {unit} {rest} {small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn two_units_rounded_down() {
        assert_eq!(duration(350.4), "350 ms");
        assert_eq!(duration(999.9), "999 ms");
        assert_eq!(duration(4_260.0), "4.2 s");
        assert_eq!(duration(9_999.0), "9.9 s");
        assert_eq!(duration(59_900.0), "59 s");
        assert_eq!(duration(73_000.0), "1 min 13 s");
        assert_eq!(duration(725_000.0), "12 min 5 s");
        assert_eq!(duration(720_000.0), "12 min");
        assert_eq!(duration(3_599_999.0), "59 min 59 s");
        assert_eq!(duration(11_520_000.0), "3 h 12 min");
        assert_eq!(duration(187_200_000.0), "2 d 4 h");
        assert_eq!(duration(0.0), "0 ms");
        assert_eq!(duration(-5.0), "0 ms");
        assert_eq!(duration(f64::NAN), "?");
    }
}
