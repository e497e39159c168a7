//! Rule: WAL requests most checkpoints, because max_wal_size is small for how much is written.

use model::io::{Checkpoints, Io, WalState};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Reason, Remedy, Severity, Unit};

use crate::rule::InForce;

/// For how long at least the checkpoints were watched; at most an hour is looked at.
const HELD_FOR_S: Limit = Limit {
    name: "held_for_s",
    default: 1_800.0,
    unit: Unit::Seconds,
    source: "six times the default of checkpoint_timeout: a bulk load of some minutes is no reason to change a setting",
};
/// Requested checkpoints from which it fires.
const FROM_CHECKPOINTS: Limit = Limit {
    name: "from_checkpoints",
    default: 3.0,
    unit: Unit::Count,
    source: "one or two are a command, a base backup or a bulk load; the manual calls an occasional one no cause for alarm",
};
/// Share of requested checkpoints above which it fires.
const ABOVE_PERCENT: Limit = Limit {
    name: "above_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "checkpoints are meant to begin by checkpoint_timeout; above one half, max_wal_size decides instead",
};
/// Room above the WAL that was measured: the next hour may write more.
const HEADROOM: f64 = 1.2;
/// `max_wal_size` is advised in whole steps of this many MB below a GB: four WAL segments of the default size.
const STEP_MB: f64 = 64.0;
/// And in whole steps of this many MB above.
const LARGE_STEP_MB: f64 = 1_024.0;
/// Bytes of a MB as PostgreSQL's settings have it.
const MB: f64 = 1_048_576.0;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "WAL requests most checkpoints",
    effect: "Checkpoints come close together, so their writes come in bursts, and the first change of each page after each of them writes the whole page to WAL.",
    remedy: "Raise max_wal_size, so that checkpoints begin by checkpoint_timeout; the files in pg_wal take up to that much space, and recovery after a crash takes longer.",
    docs: "https://www.postgresql.org/docs/current/wal-configuration.html",
    limits: &[HELD_FOR_S, FROM_CHECKPOINTS, ABOVE_PERCENT],
};

/// Judges the checkpoints of the last hour. Those that commands requested are told apart by the WAL: it must have been
/// enough to request them.
pub fn requested_checkpoints(evidence: &Io, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    if evidence.in_recovery {
        return Err(Reason::OtherRole { needs: "primary".into() });
    }
    let for_s = limits.get(&HELD_FOR_S);
    let needs_readings = Reason::NeedsReadings { for_s: for_s.ceil() as u32 };
    let checkpoints = match &evidence.checkpoints {
        Err(Reason::NeedsTwoReadings) => return Err(needs_readings),
        known => known.as_ref().map_err(Clone::clone)?,
    };
    let state = evidence.state.as_ref().map_err(Clone::clone)?;
    if (checkpoints.over_ms as f64) < for_s * 1e3 {
        return Err(needs_readings);
    }
    let no_position = || Reason::NotSupported {
        what: "the position of WAL, so nobody can say what requested its checkpoints".into(),
    };
    let wal_bytes = checkpoints.wal_bytes.ok_or_else(no_position)?;
    let (requested, trigger) = (checkpoints.counts.requested, state.trigger_bytes());
    let by_wal = wal_bytes.saturating_mul(2) >= requested.saturating_mul(trigger);
    let percent = checkpoints.counts.requested_percent().unwrap_or_default();
    let most = percent > limits.get(&ABOVE_PERCENT);
    if !by_wal || !most || (requested as f64) < limits.get(&FROM_CHECKPOINTS) {
        return Ok(Vec::new());
    }
    Ok(vec![finding(checkpoints, state, wal_bytes, limits)])
}

/// The setting with room for the WAL of one `checkpoint_timeout`, MB.
fn advised_mb(checkpoints: &Checkpoints, state: &WalState) -> f64 {
    let peak = checkpoints.peak_wal_bytes.unwrap_or_default();
    let needed = state.max_wal_size_for(peak) * HEADROOM / MB;
    // Never less than what is set: it was too small.
    let least = state.max_wal_size_bytes as f64 / MB * 2.0;
    let mb = needed.max(least);
    let step = if mb > LARGE_STEP_MB { LARGE_STEP_MB } else { STEP_MB };
    (mb / step).ceil() * step
}

fn finding(
    checkpoints: &Checkpoints,
    state: &WalState,
    wal_bytes: i64,
    limits: &InForce<'_>,
) -> Finding {
    let counts = &checkpoints.counts;
    let apart_ms = checkpoints.over_ms as f64 / counts.all().max(1) as f64;
    let is_frequent = apart_ms < state.checkpoint_warning_s as f64 * 1e3;
    let severity = if is_frequent { Severity::Warning } else { Severity::Info };
    let object = Object::from("setting max_wal_size".to_owned());
    let bytes = |bytes: f64| model::quantity::number(bytes, Unit::Bytes);
    let advised = advised_mb(checkpoints, state);
    let value = match advised % LARGE_STEP_MB {
        0.0 => format!("{:.0}GB", advised / LARGE_STEP_MB),
        _ => format!("{advised:.0}MB"),
    };
    Finding {
        rule: limits.rule(),
        severity,
        object: object.clone(),
        message: format!(
            "In the last {}, {} of {} checkpoints were requested because of WAL, one every {} instead of every {}: max_wal_size is {}.",
            model::duration(checkpoints.over_ms as f64),
            counts.requested,
            counts.all(),
            model::duration(apart_ms),
            model::duration(state.checkpoint_timeout_s as f64 * 1e3),
            bytes(state.max_wal_size_bytes as f64)
        ),
        evidence: vec![
            number("checkpoints requested", counts.requested as f64, Unit::Count),
            number("checkpoints by time", counts.timed as f64, Unit::Count),
            number("WAL written", wal_bytes as f64, Unit::Bytes),
            number(
                "most WAL in one checkpoint_timeout",
                checkpoints.peak_wal_bytes.unwrap_or_default(),
                Unit::Bytes,
            ),
            number("WAL that requests one", state.trigger_bytes() as f64, Unit::Bytes),
        ],
        harm: Harm::Hygiene,
        root: Some(object),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!(
                "alter system set max_wal_size = '{value}'; select pg_reload_conf();"
            )),
            lock: Some("None: it is a setting.".into()),
            undo: Some("alter system reset max_wal_size; select pg_reload_conf();".into()),
            refuted_by: Some(
                "the load of this time was an exception, or pg_wal has no room for that much."
                    .into(),
            ),
        },
    }
}

fn number(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_has_room_for_the_busiest_timeout_and_is_never_smaller() {
        let state =
            WalState { max_wal_size_bytes: 1 << 30, completion_target: 0.9, ..WalState::default() };
        let of = |mb: f64| {
            let peak_wal_bytes = Some(mb * MB);
            advised_mb(&Checkpoints { peak_wal_bytes, ..Checkpoints::default() }, &state)
        };
        // 4,000 MB * 1.9 * 1.2 = 9,120 MB.
        assert_eq!((of(4_000.0), of(1.0)), (9.0 * 1_024.0, 2.0 * 1_024.0));
        let small = WalState { max_wal_size_bytes: 64 << 20, ..state.clone() };
        let peak_wal_bytes = Some(100.0 * MB);
        let few = Checkpoints { peak_wal_bytes, ..Checkpoints::default() };
        assert_eq!(advised_mb(&few, &small), 256.0);
    }
}
