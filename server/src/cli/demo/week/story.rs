//! What happened in the week that is made up.

use engine::Engine;
use history::{History, Known, Source};
use model::{Event, EventKind};

use super::plans::Regressed;

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How far the past goes back: a week less half a day, so that the same hour of the same weekday is not in it.
/// Rates are compared with these only, and that of the demo's shop has no course of a day.
const REACH_MS: i64 = 7 * DAY_MS - 12 * HOUR_MS;
/// When the index was dropped, if the demo is started later than this on its day.
const MORNING_MS: i64 = 7 * HOUR_MS + 41 * MINUTE_MS;
/// How long ago that was at least and at most.
const AGO_MS: (i64, i64) = (90 * MINUTE_MS, 11 * HOUR_MS);
/// How long ago otherwise.
const USUALLY_AGO_MS: i64 = 200 * MINUTE_MS;

/// Its moments, ms since the epoch.
pub struct Story {
    /// Where it begins.
    pub from_ms: i64,
    /// Where what is read begins.
    pub seam_ms: i64,
    /// The server was started again, in the night three days ago.
    pub restart_ms: i64,
    /// A setting was changed, the day before yesterday.
    pub setting_ms: i64,
    /// The index was dropped, this morning.
    pub dropped_ms: i64,
}

impl Story {
    /// That of a demo whose first reading is then.
    pub fn before(seam_ms: i64) -> Self {
        let today_ms = seam_ms - seam_ms.rem_euclid(DAY_MS);
        let morning_ms = today_ms + MORNING_MS;
        let is_long_ago = (AGO_MS.0..=AGO_MS.1).contains(&(seam_ms - morning_ms));
        Self {
            from_ms: seam_ms - REACH_MS,
            seam_ms,
            restart_ms: today_ms - 3 * DAY_MS + 3 * HOUR_MS + 12 * MINUTE_MS,
            setting_ms: today_ms - 2 * DAY_MS + 10 * HOUR_MS + 6 * MINUTE_MS,
            dropped_ms: if is_long_ago { morning_ms } else { seam_ms - USUALLY_AGO_MS },
        }
    }

    /// Writes the events of the week, and that it is made up.
    pub fn tell(
        &self,
        engine: &Engine,
        past: &History,
        sources: &[Known<Source>],
        regressed: Option<&Regressed>,
    ) {
        let today_ms = self.seam_ms - self.seam_ms.rem_euclid(DAY_MS);
        let one = |kind, at_ms, title: &str| Event {
            at_ms,
            since_ms: None,
            kind,
            title: title.to_owned(),
            detail: Vec::new(),
        };
        let setting = "log_min_duration_statement: -1 → 2s";
        let mut events = vec![
            one(EventKind::Mark, today_ms - 5 * DAY_MS + 9 * HOUR_MS, "release 40"),
            one(
                EventKind::Restart,
                self.restart_ms + 2 * MINUTE_MS,
                "PostgreSQL was started again",
            ),
            one(EventKind::Setting, self.setting_ms, setting),
            one(EventKind::Mark, self.setting_ms + 3 * HOUR_MS, "release 41"),
        ];
        if let Some(regressed) = regressed {
            let migration = "release 42: migration 0117, indexes nobody uses";
            events.push(one(EventKind::Mark, self.dropped_ms - 2 * MINUTE_MS, migration));
            let dropped = format!("Index {} on {} dropped", regressed.index, regressed.table);
            events.push(one(EventKind::Ddl, self.dropped_ms, &dropped));
        }
        let mut servers: Vec<(&str, &str)> =
            sources.iter().map(|s| (s.thing.cluster.as_str(), s.thing.server.as_str())).collect();
        servers.dedup();
        let recorder = past.recorder();
        for (cluster, server) in servers {
            if engine.facts(&model::ServerId::new(server)).is_some_and(|facts| facts.in_recovery) {
                continue;
            }
            for event in events.iter().filter(|event| event.at_ms > self.from_ms) {
                recorder.event(engine::stored_event(event, cluster, server));
            }
        }
        let generated = Event {
            since_ms: Some(self.from_ms),
            detail: vec!["Made up from the first half minute of the demo's shop, with a course of the day and of the week, a nightly batch and the events above. Everything after it is read from the servers.".to_owned()],
            ..one(EventKind::Generated, self.seam_ms, "The past of the demo until here is generated")
        };
        recorder.event(engine::stored_event(&generated, "", ""));
    }
}
