//! One complete reading of the entries of `pg_stat_statements`, in one transaction: the extension's own counts and
//! a digest of each bucket of entries, then the entries of the buckets that changed, then the counts again. What
//! did not change is known from the reading before.

use std::collections::HashMap;

use model::server::Facts;
use model::{Known, Reason};

use super::buckets::{Chosen, Digests, mask};
use super::difference::Poll;
use super::reading::Source;
use super::row::{Counters, EntryRow};
use super::{CHOICES, ENTRIES, ENTRY_INFOS, WORK_MEMORIES};
use crate::connection::{Around, Many, Observer, Rows};
use crate::error::Error;
use crate::sql::{Fill, SqlFile};

/// The most entries that are read; `pg_stat_statements.max` is 5,000 by default.
const MOST_ENTRIES: usize = 200_000;
/// Numbers of about so many entries fit the default work_mem of 4 MB; with more, the function would write a
/// temporary file at each reading.
const FIT_WORK_MEM: usize = 8_000;

#[derive(Clone, Copy, Debug, PartialEq, sqlx::FromRow)]
struct Info {
    dealloc: i64,
    stats_reset_us: i64,
    server_now_us: i64,
    started_us: i64,
    active_ms: Option<f64>,
    databases_reset_us: Option<i64>,
}

/// The first row: `bucket digest,…` and how many entries there are and are hidden.
#[derive(sqlx::FromRow)]
struct DigestRow {
    #[sqlx(try_from = "model::text::MaybeText")]
    head: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    tail: Option<String>,
}

/// What the first half of a reading tells.
struct Half {
    info: Info,
    digests: Digests,
    entries: usize,
    hidden: i64,
}

/// What is read, and with which files.
struct Cycle<'a> {
    facts: &'a Facts,
    source: &'a Source,
    before: Option<&'a Poll>,
    now_ms: i64,
    entry_infos: SqlFile,
    large: SqlFile,
    fill: Fill<'a>,
}

/// How many entries are expected.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// About so many.
    pub entries: usize,
    /// At most so many: it stays, and so do the buckets.
    pub most: usize,
}

/// Reads all entries, where the reading before is given those of them that changed. The inner error is why they are
/// unknown.
pub async fn poll(
    observer: &mut Observer,
    facts: &Facts,
    source: &Source,
    before: Option<&Poll>,
    (now_ms, expected): (i64, Expected),
) -> Result<Known<Poll>, Error> {
    let picked = [ENTRY_INFOS, ENTRIES].map(|query| query.pick(source.version));
    let [Some(entry_infos), Some(large)] = picked else { return Ok(Err(Reason::NotYet)) };
    let fill = Fill { schema: &source.schema, mask: mask(expected.most), ..Fill::default() };
    let cycle = Cycle { facts, source, before, now_ms, entry_infos, large, fill };
    let memory = WORK_MEMORIES.pick(facts.major).filter(|_| expected.entries > FIT_WORK_MEM);
    // A reset between the counts and the entries would have them counted as of before and after it.
    for _ in 0..2 {
        let poll = cycle.read(observer, memory).await.map_err(Error::Lost)?;
        if let Some(poll) = poll.transpose() {
            return Ok(poll);
        }
    }
    Ok(Err(Reason::CounterReset))
}

impl Cycle<'_> {
    /// None when all entries were reset while they were read. The outer error means the connection is lost.
    async fn read(
        &self,
        observer: &mut Observer,
        memory: Option<SqlFile>,
    ) -> Result<Known<Option<Poll>>, Reason> {
        let files: Vec<SqlFile> = memory.into_iter().chain([self.entry_infos]).collect();
        let half = match observer.first_of_many(&files, self.large, self.fill).await? {
            Ok((others, first)) => self.half(&others, &first),
            // The transaction has ended with it.
            Err(reason) => return Ok(Err(reason)),
        };
        let half = match half {
            Ok(half) => half,
            Err(reason) => {
                observer.leave().await?;
                return Ok(Err(reason));
            }
        };
        let before = self.before.filter(|before| self.goes_on(before, &half.info));
        let chosen = half.digests.changed(before.map(|before| &before.digests));
        let choices: Vec<SqlFile> = CHOICES.pick(self.facts.major).into_iter().collect();
        let around = Around { before: &choices, after: &[self.entry_infos] };
        let fill = Fill { bits: chosen.bits(), ..self.fill };
        let answer = observer.rest_of_many(&around, self.large, fill, half.entries).await?;
        Ok(answer.and_then(|answer| self.put_together(half, before, &chosen, answer)))
    }

    fn half(&self, others: &[Rows], first: &Rows) -> Known<Half> {
        let info = others.last().ok_or(Reason::NotYet)?.one::<Info>()?;
        let row: DigestRow = first.one()?;
        let unreadable =
            || Reason::Undecodable { what: self.large.name.into(), column: Some("digests".into()) };
        let digests = Digests::parse(row.head.as_deref().unwrap_or_default(), self.fill.mask);
        let counts = row.tail.as_deref().and_then(|counts| counts.trim_start().split_once(' '));
        // Of no entries there is no sum.
        let counts = counts.or_else(|| row.tail.as_deref().map(|counts| ("0", counts.trim())));
        let parsed =
            counts.and_then(|(all, hidden)| Some((all.parse().ok()?, hidden.parse().ok()?)));
        let (digests, (entries, hidden)) =
            digests.zip(parsed.filter(|(_, hidden)| *hidden >= 0)).ok_or_else(unreadable)?;
        if entries > MOST_ENTRIES {
            let limit = format!("{MOST_ENTRIES} rows");
            return Err(Reason::TooLarge { what: self.large.name.into(), limit });
        }
        Ok(Half { info, digests, entries, hidden })
    }

    /// Whether entries that are as they were have the counters that were read then.
    fn goes_on(&self, before: &Poll, info: &Info) -> bool {
        before.version == self.source.version
            && before.reset_us == info.stats_reset_us
            && before.started_us == info.started_us
            && before.system_identifier == self.facts.system_identifier
            && before.timeline == self.facts.timeline
    }

    /// None when all entries were reset while they were read.
    fn put_together(
        &self,
        half: Half,
        before: Option<&Poll>,
        chosen: &Chosen,
        answer: Many<EntryRow>,
    ) -> Known<Option<Poll>> {
        let after: Info = answer.others.last().ok_or(Reason::NotYet)?.one()?;
        let info = half.info;
        if info.stats_reset_us != after.stats_reset_us {
            return Ok(None);
        }
        let kept = before.into_iter().flat_map(|before| &before.entries);
        let kept = kept.filter(|(key, _)| !chosen.has(key.queryid));
        let mut entries: HashMap<_, Counters> =
            kept.map(|(key, counters)| (*key, counters.clone())).collect();
        entries.extend(answer.all.into_iter().map(|row| (row.key, row.counters)));
        Ok(Some(Poll {
            at_ms: self.now_ms,
            server_now_us: info.server_now_us,
            system_identifier: self.facts.system_identifier.clone(),
            timeline: self.facts.timeline,
            in_recovery: self.source.in_recovery,
            started_us: info.started_us,
            reset_us: info.stats_reset_us,
            deallocations: (info.dealloc, after.dealloc),
            max_entries: 0,
            version: self.source.version,
            active_ms: after.active_ms.map(|ms| (ms, after.databases_reset_us.unwrap_or(0))),
            hidden: half.hidden,
            digests: half.digests,
            entries,
        }))
    }
}
