//! The server's own log, where it can be read: how long single runs of statements took, and the plans that
//! auto_explain writes. Read from the end on, as it grows, within a budget (`docs/limits.md#log`); as jsonlog or
//! csvlog, for in other formats a client's text can forge a record.

mod autovacuum;
mod csv;
mod json;
mod message;
mod plans;
mod record;
mod runs;
mod tail;

/// The rules of this area: none, it feeds the history.
pub mod rules {
    use model::log::Log;

    use crate::rule::Rule;

    /// None.
    pub const RULES: &[Rule<Log>] = &[];
}

use model::explain::LoggedPlan;
use model::log::{File, Format, Log, Logged};
use model::server::Facts;
use model::{AreaName, Known, Reason};

use crate::area::{Area, LookBack};
use crate::connection::{Observer, Rows};
use crate::error::{Error, monitor_grant, quoted};
use crate::sql::{Fill, Query, sql};
use autovacuum::Unfinished;
use tail::{Current, Found, Got, Tail};

sql! {
    LOG_SETTINGS = "log_settings" [14];
    LOG_FILES = "log_files" [14, 15];
    LOG_READS = "log_reads" [14];
}

/// After an error the log is left alone for so long, ms: each leaves a line in it.
const AGAIN_MS: i64 = 120_000;

/// What reading it takes beside `pg_monitor`, which has the names of the current file from 17 on.
const FUNCTIONS: &str = "pg_catalog.pg_current_logfile(), pg_catalog.pg_current_logfile(text), pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)";

/// The log area.
pub struct LogArea;

/// What it remembers between ticks.
#[derive(Default)]
pub struct State {
    tail: Tail,
    autovacuum: Unfinished,
    /// Whether the last reading of the settings said that files may be read.
    may: bool,
    /// Until when nothing is asked, and why.
    refused: Option<(i64, Reason)>,
}

#[derive(sqlx::FromRow)]
struct SettingsRow {
    collects: bool,
    #[sqlx(try_from = "model::text::Text")]
    language: String,
    logs_autovacuum: bool,
    #[sqlx(try_from = "model::text::Text")]
    all_from: String,
    #[sqlx(try_from = "model::text::Text")]
    sample_from: String,
    #[sqlx(try_from = "model::text::Text")]
    sample_rate: String,
    #[sqlx(try_from = "model::text::Text")]
    transaction_rate: String,
    is_overridden: bool,
    may_list: bool,
    may_read: bool,
}

#[derive(sqlx::FromRow)]
struct FileRow {
    #[sqlx(try_from = "model::text::Text")]
    format: String,
    #[sqlx(try_from = "model::text::Text")]
    name: String,
    file: i64,
    size: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct ReadRow {
    file: Option<i64>,
    #[sqlx(try_from = "model::text::MaybeText")]
    bytes: Option<String>,
}

impl Area for LogArea {
    type Value = Log;
    type State = State;
    type History = ();
    const NAME: AreaName = AreaName::Log;
    const EVERY_MS: u32 = 5_000;
    const RULES: &'static [crate::rule::Rule<Log>] = rules::RULES;
    const QUERIES: &'static [Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Log, Error> {
        state.refused.take_if(|(until_ms, _)| now_ms >= *until_ms);
        // Files are asked for in the same round trip, once it is known that they may be.
        let knew = state.may;
        let asked = state.tail.asks(now_ms);
        let mut answers = state.ask(observer, facts, knew, asked).await?.into_iter();
        let mut next = || answers.next().unwrap_or(Err(Reason::NotYet));
        let row: SettingsRow = match next().and_then(|rows: Rows| rows.one()) {
            Ok(row) => row,
            // One that fails takes the others with it.
            Err(reason) if knew => {
                state.refuse(reason.clone(), now_ms);
                return Ok(unread(reason));
            }
            Err(reason) => return Err(Error::Query { query: "log_settings", reason }),
        };
        if let Some((_, reason)) = &state.refused {
            return Ok(Log { logged: logged(&row), ..unread(reason.clone()) });
        }
        if let Err(reason) = may_read(&row, facts) {
            state.may = false;
            return Ok(Log { logged: logged(&row), ..unread(reason) });
        }
        state.may = true;
        let (files, read) = match knew {
            true => (next(), next()),
            false => {
                let files = state.ask(observer, facts, true, asked).await?;
                (files.into_iter().nth(1).unwrap_or(Err(Reason::NotYet)), Err(Reason::NotYet))
            }
        };
        if let Err(reason) = &files {
            state.refuse(reason.clone(), now_ms);
        }
        let found =
            files.and_then(|rows| rows.all()).and_then(|rows| current(rows.into_iter().next()));
        let (file, current) = match found {
            Ok(found) => found,
            Err(reason) => return Ok(Log { logged: logged(&row), ..unread(reason) }),
        };
        let got = got(read, asked);
        let found = state.tail.take(current, got, now_ms);
        state.autovacuum.add(&found.records, now_ms);
        let autovacuum = english(&row).map(|()| state.autovacuum.log(row.logs_autovacuum));
        Ok(Log { autovacuum, ..value(file, &row, &found) })
    }

    fn points(value: &Log) -> Option<Vec<history::Point>> {
        runs::points(value)
    }

    fn look_back(_state: &mut State, value: &Log, back: Option<&LookBack<'_>>) {
        let Some((back, planner)) = back.and_then(|back| Some((back, back.planner.as_ref()?)))
        else {
            return;
        };
        for plan in &value.plans {
            planner.handover().logged.put(LoggedPlan { at_ms: back.now_ms, ..plan.clone() });
        }
    }
}

impl State {
    async fn ask(
        &self,
        observer: &mut Observer,
        facts: &Facts,
        files: bool,
        asked: Option<[i64; 3]>,
    ) -> Result<Vec<Known<Rows>>, Error> {
        let files = if files { &[LOG_SETTINGS, LOG_FILES, LOG_READS][..] } else { &[LOG_SETTINGS] };
        let files: Vec<_> = files.iter().filter_map(|query| query.pick_for(facts)).collect();
        let numbers = asked.unwrap_or_default();
        let numbers = if asked.is_some() { &numbers[..] } else { &[] };
        observer.read_with(&files, Fill { numbers, ..Fill::default() }).await.map_err(Error::Lost)
    }

    fn refuse(&mut self, reason: Reason, now_ms: i64) {
        self.refused = Some((now_ms.saturating_add(AGAIN_MS), reason));
        self.may = false;
    }
}

fn unread(reason: Reason) -> Log {
    Log {
        autovacuum: Err(reason.clone()),
        file: Err(reason),
        logged: Err(Reason::NotYet),
        read: 0,
        skipped: 0,
        strange: 0,
        runs: Vec::new(),
        plans: Vec::new(),
    }
}

fn value(file: File, row: &SettingsRow, found: &Found) -> Log {
    Log {
        file: Ok(file),
        autovacuum: Err(Reason::NotYet),
        logged: logged(row),
        read: found.read,
        skipped: found.skipped,
        strange: found.strange,
        runs: runs::runs(&found.records),
        plans: plans::plans(&found.records),
    }
}

fn nothing(message: &str) -> Reason {
    Reason::Nothing { message: message.into() }
}

/// Whether there is a log that we may read.
fn may_read(row: &SettingsRow, facts: &Facts) -> Known<()> {
    if !row.collects {
        return Err(nothing(
            "The server writes no log files of its own: logging_collector is off, and turning it on needs a restart.",
        ));
    }
    if !row.may_list {
        return Err(Reason::missing_grant("the names of the log's files", monitor_grant(facts)));
    }
    if !row.may_read {
        let role = quoted(&facts.role);
        let sql = format!("grant execute on function {FUNCTIONS} to {role};");
        return Err(Reason::missing_grant("the server's log", sql));
    }
    Ok(())
}

/// The file, where it has a format that can be read.
fn current(row: Option<FileRow>) -> Known<(File, Current)> {
    let row = row.ok_or_else(|| nothing("The server has no current log file."))?;
    let format = match row.format.as_str() {
        "jsonlog" => Format::Json,
        "csvlog" => Format::Csv,
        _ => {
            return Err(nothing(
                "The log is written as plain text, in which a statement's text can forge a line. pgdeck reads jsonlog (from PostgreSQL 15 on) and csvlog: add one to log_destination.",
            ));
        }
    };
    let size = row.size.ok_or_else(|| nothing("The current log file is not there."))?;
    let current = Current { file: row.file, format, size };
    Ok((File { name: row.name, format, size }, current))
}

/// What was read of the file that was asked for.
fn got(rows: Known<Rows>, asked: Option<[i64; 3]>) -> Got {
    let (Some([file, ..]), Ok(rows)) = (asked, rows) else { return Got::Nothing };
    match rows.all::<ReadRow>().map(|rows| rows.into_iter().next()) {
        Ok(Some(row)) if row.file == Some(file) => {
            row.bytes.and_then(|text| unhexed(text.as_bytes())).map_or(Got::Gone, Got::Bytes)
        }
        Ok(_) => Got::Gone,
        Err(_) => Got::Nothing,
    }
}

/// Bytes from two digits each.
fn unhexed(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.chunks(2).map(pair).collect()
}

/// Messages are told by their English words.
fn english(row: &SettingsRow) -> Known<()> {
    let language = row.language.to_ascii_lowercase();
    if !["", "c", "posix"].contains(&language.as_str())
        && !["en", "c."].iter().any(|english| language.starts_with(english))
    {
        return Err(nothing(
            "The log is not in English, and messages are told by their words: lc_messages = 'C' would make it so.",
        ));
    }
    Ok(())
}

/// Which statements the server logs, or why it logs none.
fn logged(row: &SettingsRow) -> Known<Logged> {
    english(row)?;
    if row.is_overridden {
        return Err(nothing(
            "Which statements the server logs is not known: pgdeck's own role or database has log_min_duration_statement, log_min_duration_sample or a rate of its own, and a session sees only that.",
        ));
    }
    let rate = |text: &str| text.parse::<f64>().unwrap_or(0.0).clamp(0.0, 1.0);
    let logged = Logged {
        all_from_ms: duration_ms(&row.all_from),
        sample_from_ms: duration_ms(&row.sample_from),
        sample_rate: rate(&row.sample_rate),
        transaction_rate: rate(&row.transaction_rate),
    };
    match logged.from_ms() {
        Some(_) => Ok(logged),
        None => Err(nothing(
            "The log does not say how long statements take: log_min_duration_statement, log_min_duration_sample and log_transaction_sample_rate are off.",
        )),
    }
}

/// A setting with a unit of time, in ms; None if it is off, -1.
fn duration_ms(text: &str) -> Option<f64> {
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "" | "ms" => 1.0,
        "s" => 1e3,
        "min" => 6e4,
        "h" => 3.6e6,
        "d" => 8.64e7,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    (number >= 0.0).then_some(number * unit)
}

#[cfg(test)]
mod tests;
