//! Leases: of several processes on one store, each records some of the servers, and no two the same.
//!
//! A lease is a row with its holder and an end by the database's clock. Whoever flushes renews it in the
//! flush's own transaction; a process that was paused finds the generation changed there and writes nothing.

pub(crate) mod share;
mod shared;
mod standby;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::db::{Conn, Db, query};
use share::{Claim, ServerKey, assign};
pub(crate) use shared::{Shared, key_of};

/// A server that was not read for so long is left to those who read it.
const UNREAD: Duration = Duration::from_secs(60);

/// Extends the leases that are still ours, though they may have ended; gives them.
const RENEW: &str = "update lease l set expires_at = clock_timestamp() + $5 * interval '1 millisecond' from (select x.cluster, x.server from lease x join unnest($2::text[], $3::text[], $4::bigint[]) m (cluster, server, generation) on m.cluster = x.cluster and m.server = x.server and m.generation = x.generation where x.holder = $1 order by x.cluster, x.server for update of x) m where l.cluster = m.cluster and l.server = m.server returning l.cluster, l.server";
/// Takes leases that nobody holds, or no longer holds.
const TAKE: &str = "update lease l set holder = $1, generation = l.generation + 1, expires_at = clock_timestamp() + $4 * interval '1 millisecond' from (select x.cluster, x.server from lease x join unnest($2::text[], $3::text[]) m (cluster, server) on m.cluster = x.cluster and m.server = x.server where x.holder is null or x.holder = $1 or x.expires_at < clock_timestamp() order by x.cluster, x.server for update of x skip locked) m where l.cluster = m.cluster and l.server = m.server returning l.cluster, l.server, l.generation";
/// Gives leases back.
const RELEASE: &str = "update lease l set holder = null, expires_at = clock_timestamp() from unnest($2::text[], $3::text[], $4::bigint[]) m (cluster, server, generation) where l.cluster = m.cluster and l.server = m.server and l.generation = m.generation and l.holder = $1";
/// All leases: holder, whether it is in force.
const LEASES: &str = "select cluster, server, case when expires_at >= clock_timestamp() then holder end from lease order by cluster, server";
/// Who reads what.
const WATCHES: &str = "select w.process, w.cluster, w.server from watch w join process p on p.id = w.process where p.expires_at >= clock_timestamp() order by 1, 2, 3";

/// The leases of one process.
#[derive(Debug)]
pub(crate) struct Leases {
    process: String,
    lease_ms: i64,
    /// Generations of those it holds.
    held: BTreeMap<ServerKey, i64>,
    /// Generations of those it held.
    had: HashMap<ServerKey, i64>,
    /// When each server was last read.
    read: HashMap<ServerKey, Instant>,
    /// What the others have been told that is read.
    told: HashSet<ServerKey>,
    round: Option<Instant>,
}

impl Leases {
    /// None held yet.
    pub(crate) fn new(process: &str, lease_ms: u64) -> Self {
        Self {
            process: process.to_owned(),
            lease_ms: i64::try_from(lease_ms).unwrap_or(i64::MAX),
            held: BTreeMap::new(),
            had: HashMap::new(),
            read: HashMap::from([(ServerKey::default(), Instant::now())]),
            told: HashSet::new(),
            round: None,
        }
    }

    /// Whether this process records the server.
    pub(crate) fn holds(&self, key: &ServerKey) -> bool {
        self.held.contains_key(key)
    }

    /// How many servers it records.
    pub(crate) fn servers(&self) -> u64 {
        self.held.keys().filter(|key| !(key.0.is_empty() && key.1.is_empty())).count() as u64
    }

    /// A server is being read.
    pub(crate) fn read(&mut self, key: ServerKey) {
        self.read.insert(key, Instant::now());
    }

    /// A server could not be read.
    pub(crate) fn tried(&mut self, key: ServerKey) {
        self.read.entry(key).or_insert_with(Instant::now);
    }

    /// Whether it is time to look at all leases: every third of their length, and when something new is read.
    pub(crate) fn is_due(&self) -> bool {
        let third = Duration::from_millis(u64::try_from(self.lease_ms / 3).unwrap_or(0));
        self.round.is_none_or(|round| round.elapsed() >= third)
            || self.read.iter().any(|(key, at)| at.elapsed() < UNREAD && !self.told.contains(key))
    }

    /// Says that this process lives and what it reads, renews, gives back what others should have, and takes
    /// what it should have. Gives the servers whose recording others may have gone on with since.
    pub(crate) async fn look(&mut self, db: &Db) -> Result<Vec<ServerKey>, sqlx::Error> {
        let mut tx = db.begin().await?;
        let told = self.tell(&mut tx).await?;
        let claims = claims(&mut tx).await?;
        let should = assign(&claims);
        let mine =
            |key: &ServerKey| should.get(key).copied().flatten() == Some(self.process.as_str());
        let (keep, give): (Vec<_>, Vec<_>) = self
            .held
            .iter()
            .map(|(key, generation)| (key.clone(), *generation))
            .partition(|(key, _)| mine(key));
        let kept = self.renew(&mut tx, &keep).await?;
        let (clusters, servers, generations) = columns(&give);
        query(RELEASE)
            .bind(self.process.as_str())
            .bind(clusters)
            .bind(servers)
            .bind(generations)
            .execute(&mut tx)
            .await?;
        let take: Vec<(ServerKey, i64)> = should
            .keys()
            .filter(|key| mine(key) && !kept.contains(**key))
            .map(|key| ((*key).clone(), 0))
            .collect();
        let (clusters, servers, _) = columns(&take);
        let rows = query(TAKE)
            .bind(self.process.as_str())
            .bind(clusters)
            .bind(servers)
            .bind(self.lease_ms)
            .fetch_all(&mut tx)
            .await?;
        let mut taken = Vec::with_capacity(rows.len());
        for row in rows {
            taken.push(((row.try_get(0)?, row.try_get(1)?), row.try_get::<i64>(2)?));
        }
        tx.commit().await?;
        self.told = told;
        self.round = Some(Instant::now());
        let lost: Vec<ServerKey> =
            self.held.keys().filter(|key| !kept.contains(*key)).cloned().collect();
        self.lose(&lost);
        let mut changed = Vec::new();
        for (key, generation) in taken {
            // Where nobody else had it in between, what is remembered of it is still right.
            if self.had.get(&key) != Some(&(generation - 1)) {
                changed.push(key.clone());
            }
            self.held.insert(key, generation);
        }
        Ok(changed)
    }

    /// Within a flush: makes sure of these leases until it ends. Gives those that are lost.
    pub(crate) async fn fence(
        &self,
        conn: &mut Conn,
        keys: &HashSet<ServerKey>,
    ) -> Result<Vec<ServerKey>, sqlx::Error> {
        let own: Vec<(ServerKey, i64)> = self
            .held
            .iter()
            .filter(|(key, _)| keys.contains(*key))
            .map(|(key, generation)| (key.clone(), *generation))
            .collect();
        if own.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.renew(conn, &own).await?;
        Ok(own.into_iter().map(|(key, _)| key).filter(|key| !kept.contains(key)).collect())
    }

    /// These are another's now.
    pub(crate) fn lose(&mut self, keys: &[ServerKey]) {
        for key in keys {
            if let Some(generation) = self.held.remove(key) {
                self.had.insert(key.clone(), generation);
            }
        }
    }

    /// Gives everything back.
    pub(crate) async fn leave(&mut self, db: &Db) -> Result<(), sqlx::Error> {
        let mut tx = db.begin().await?;
        query("update lease set holder = null, expires_at = clock_timestamp() where holder = $1")
            .bind(self.process.as_str())
            .execute(&mut tx)
            .await?;
        query("delete from process where id = $1")
            .bind(self.process.as_str())
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        self.held.clear();
        Ok(())
    }

    async fn renew(
        &self,
        conn: &mut Conn,
        keys: &[(ServerKey, i64)],
    ) -> Result<HashSet<ServerKey>, sqlx::Error> {
        let (clusters, servers, generations) = columns(keys);
        let rows = query(RENEW)
            .bind(self.process.as_str())
            .bind(clusters)
            .bind(servers)
            .bind(generations)
            .bind(self.lease_ms)
            .fetch_all(conn)
            .await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// Writes that this process lives, and what it reads; gives the latter.
    async fn tell(&self, conn: &mut Conn) -> Result<HashSet<ServerKey>, sqlx::Error> {
        let fresh: bool = query("insert into process (id, expires_at) values ($1, clock_timestamp() + $2 * interval '1 millisecond') on conflict (id) do update set expires_at = excluded.expires_at returning xmax = 0")
            .bind(self.process.as_str()).bind(self.lease_ms).scalar(conn).await?;
        query("delete from process where expires_at < clock_timestamp() - interval '1 minute'")
            .execute(conn)
            .await?;
        let reads = |(key, at): (&ServerKey, &Instant)| {
            (key.0.is_empty() && key.1.is_empty() || at.elapsed() < UNREAD)
                .then(|| (key.clone(), 0))
        };
        let now: Vec<(ServerKey, i64)> = self.read.iter().filter_map(reads).collect();
        let now_set: HashSet<ServerKey> = now.iter().map(|(key, _)| key.clone()).collect();
        if fresh || now_set != self.told {
            let (clusters, servers, _) = columns(&now);
            query("delete from watch where process = $1")
                .bind(self.process.as_str())
                .execute(conn)
                .await?;
            query("insert into watch (process, cluster, server) select $1, m.cluster, m.server from unnest($2::text[], $3::text[]) m (cluster, server)")
                .bind(self.process.as_str()).bind(clusters.clone()).bind(servers.clone()).execute(conn).await?;
            query("insert into lease (cluster, server) select m.cluster, m.server from unnest($1::text[], $2::text[]) m (cluster, server) order by 1, 2 on conflict do nothing")
                .bind(clusters).bind(servers).execute(conn).await?;
        }
        Ok(now_set)
    }
}

/// What is known of all servers.
async fn claims(conn: &mut Conn) -> Result<BTreeMap<ServerKey, Claim>, sqlx::Error> {
    let mut claims: BTreeMap<ServerKey, Claim> = BTreeMap::new();
    for row in query(LEASES).fetch_all(conn).await? {
        let claim = Claim { holder: row.try_get(2)?, ..Claim::default() };
        claims.insert((row.try_get(0)?, row.try_get(1)?), claim);
    }
    for row in query(WATCHES).fetch_all(conn).await? {
        let claim = claims.entry((row.try_get(1)?, row.try_get(2)?)).or_default();
        claim.watchers.insert(row.try_get(0)?);
    }
    Ok(claims)
}

fn columns(keys: &[(ServerKey, i64)]) -> (Vec<String>, Vec<String>, Vec<i64>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for ((cluster, server), generation) in keys {
        columns.0.push(cluster.clone());
        columns.1.push(server.clone());
        columns.2.push(*generation);
    }
    columns
}

/// Whether this process sees to retention.
pub(crate) async fn sees_to_retention(conn: &mut Conn, process: &str) -> Result<bool, sqlx::Error> {
    query("select exists (select 1 from lease where cluster = '' and server = '' and holder = $1 and expires_at > clock_timestamp())")
        .bind(process).scalar(conn).await
}
