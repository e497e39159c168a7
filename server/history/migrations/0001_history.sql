-- What is read in one go. `every_ms` is the newest interval between two ticks.
create table source (
    id       integer primary key autoincrement,
    cluster  text not null,
    server   text not null,
    area     text not null,
    first_ms integer not null,
    last_ms  integer not null,
    every_ms integer not null,
    unique (cluster, server, area)
) strict;

-- Until when retention has dropped a resolution of a source: from there on it is complete.
create table kept (
    source   integer not null references source (id) on delete cascade,
    level    integer not null,
    since_ms integer not null,
    primary key (source, level)
) strict, without rowid;

-- A labelled thing of a source. Ids are never used again: a series' number is made of them.
create table entity (
    id       integer primary key autoincrement,
    source   integer not null references source (id) on delete cascade,
    key      text not null,
    first_ms integer not null,
    last_ms  integer not null,
    unique (source, key)
) strict;

create table metric (
    id   integer primary key,
    name text not null unique,
    kind text not null check (kind in ('gauge', 'increment'))
) strict;

create table measured (
    source integer not null references source (id) on delete cascade,
    metric integer not null references metric (id),
    primary key (source, metric)
) strict, without rowid;

-- A stretch of time of a source at one level: 0 ticks, 1 minutes, 2 hours, 3 days. Tier 0 is as flushed,
-- higher ones are merged; -1 is still being written. `slots` are its times, shared by its blocks.
create table chunk (
    id      integer primary key autoincrement,
    source  integer not null references source (id) on delete cascade,
    level   integer not null,
    tier    integer not null,
    from_ms integer not null,
    to_ms   integer not null,
    ticks   integer not null,
    samples integer not null,
    bytes   integer not null,
    slots   blob not null
) strict;
create index chunk_of_source on chunk (source, level, from_ms);
create index chunk_to_merge on chunk (source, level, tier, from_ms) where tier between 0 and 8;

-- Columns of a run of series, compressed together, with a checksum.
create table block (
    id           integer primary key,
    chunk        integer not null,
    first_series integer not null,
    last_series  integer not null,
    data         blob not null
) strict;
create index block_of_chunk on block (chunk, first_series, last_series);

create table gap (
    id      integer primary key,
    source  integer not null references source (id) on delete cascade,
    from_ms integer not null,
    to_ms   integer not null,
    reason  text not null,
    detail  text not null
) strict;
create index gap_of_source on gap (source, to_ms);

create table event (
    id      integer primary key,
    cluster text not null,
    server  text not null,
    at_ms   integer not null,
    kind    text not null,
    title   text not null,
    detail  text not null
) strict;
create index event_at on event (at_ms);

create table statement_text (
    cluster     text not null,
    key         text not null,
    text        text not null,
    fingerprint text not null,
    first_ms    integer not null,
    last_ms     integer not null,
    primary key (cluster, key)
) strict;
create index statement_text_by_fingerprint on statement_text (fingerprint);

create table blob (
    id      integer primary key,
    source  integer not null references source (id) on delete cascade,
    from_ms integer not null,
    to_ms   integer not null,
    crc     integer not null,
    data    blob not null
) strict;
create index blob_of_source on blob (source, to_ms);
