//! Durations as text: the one format of pages, findings, CLI and JSON.

/// A duration in its two largest units: `350 ms`, `4.2 s`, `12 min 5 s`, `3 h 12 min`, `2 d 4 h`.
pub fn duration(ms: f64) -> String {
    let ms = if ms.is_finite() { ms.max(0.0) } else { return "?".into() };
    if ms < 999.5 {
        return format!("{} ms", ms.round());
    }
    if ms < 9_950.0 {
        return format!("{} s", (ms / 100.0).round() / 10.0);
    }
    let (seconds, minutes) = ((ms / 1e3).round(), (ms / 60e3).round());
    match (seconds, minutes) {
        (seconds, _) if seconds < 60.0 => format!("{seconds} s"),
        (seconds, _) if seconds < 3_600.0 => two(seconds, 60.0, ("min", "s")),
        (_, minutes) if minutes < 1_440.0 => two(minutes, 60.0, ("h", "min")),
        _ => two((ms / 3_600e3).round(), 24.0, ("d", "h")),
    }
}

/// A whole number of small units as large and small ones.
fn two(small: f64, in_large: f64, (large, unit): (&str, &str)) -> String {
    let (whole, rest) = ((small / in_large).floor(), small % in_large);
    if rest < 1.0 { format!("{whole} {large}") } else { format!("{whole} {large} {rest} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn two_units_that_carry_over() {
        assert_eq!(duration(350.4), "350 ms");
        assert_eq!(duration(999.9), "1 s");
        assert_eq!(duration(4_260.0), "4.3 s");
        assert_eq!(duration(9_949.0), "9.9 s");
        assert_eq!(duration(9_999.0), "10 s");
        assert_eq!(duration(11_996.0), "12 s");
        assert_eq!(duration(59_400.0), "59 s");
        assert_eq!(duration(59_900.0), "1 min");
        assert_eq!(duration(73_400.0), "1 min 13 s");
        assert_eq!(duration(725_000.0), "12 min 5 s");
        assert_eq!(duration(720_000.0), "12 min");
        assert_eq!(duration(3_599_999.0), "1 h");
        assert_eq!(duration(11_520_000.0), "3 h 12 min");
        assert_eq!(duration(86_399_000.0), "1 d");
        assert_eq!(duration(187_200_000.0), "2 d 4 h");
        assert_eq!(duration(0.0), "0 ms");
        assert_eq!(duration(-5.0), "0 ms");
        assert_eq!(duration(f64::NAN), "?");
    }
}
