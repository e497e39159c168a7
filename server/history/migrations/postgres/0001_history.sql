-- The schema of ../0001_history.sql in PostgreSQL. What is more: `place`, the key of the partitions, and the
-- tables with which several processes share one store. Texts are in the order of their bytes, as in SQLite.
create table source (
    id       bigint generated always as identity primary key,
    cluster  text collate "C" not null,
    server   text collate "C" not null,
    area     text collate "C" not null,
    first_ms bigint not null,
    last_ms  bigint not null,
    every_ms bigint not null,
    unique (cluster, server, area)
);

create table kept (
    source   bigint not null references source (id) on delete cascade,
    level    bigint not null,
    since_ms bigint not null,
    primary key (source, level)
);

create table entity (
    id       bigint generated always as identity primary key,
    source   bigint not null references source (id) on delete cascade,
    key      text collate "C" not null,
    first_ms bigint not null,
    last_ms  bigint not null,
    unique (source, key)
);

create table metric (
    id   bigint generated always as identity primary key,
    name text collate "C" not null unique,
    kind text not null check (kind in ('gauge', 'increment'))
);

create table measured (
    source bigint not null references source (id) on delete cascade,
    metric bigint not null references metric (id),
    primary key (source, metric)
);

-- Chunks and blocks are partitioned by time, each resolution for itself: `place` is the number of what is
-- kept equally long, times 2^45, plus from_ms. With TimescaleDB they are hypertables over the same column.
create sequence chunk_id;
do $make$
declare
    timescale   text := (select n.nspname from pg_catalog.pg_extension e
                         join pg_catalog.pg_namespace n on n.oid = e.extnamespace
                         where e.extname = 'timescaledb');
    partitioned text := case when timescale is null then ' partition by range (place)' else '' end;
    name text;
begin
    execute $chunk$
        create table chunk (
            id      bigint not null default nextval('chunk_id'),
            place   bigint not null,
            source  bigint not null,
            level   bigint not null,
            tier    bigint not null,
            from_ms bigint not null,
            to_ms   bigint not null,
            ticks   bigint not null,
            samples bigint not null,
            bytes   bigint not null,
            slots   bytea not null,
            primary key (id, place)
        )$chunk$ || partitioned;
    execute $block$
        create table block (
            chunk        bigint not null,
            place        bigint not null,
            first_series bigint not null,
            last_series  bigint not null,
            data         bytea not null
        )$block$ || partitioned;
    -- It is compressed already.
    alter table block alter column data set storage external;
    if timescale is not null then
        foreach name in array array['chunk', 'block'] loop
            execute format(
                'select %I.create_hypertable(%L::regclass, %L, chunk_time_interval => 604800000::bigint, create_default_indexes => false)',
                timescale, name, 'place');
        end loop;
    end if;
end $make$;
create index chunk_of_source on chunk (source, level, from_ms);
create index chunk_to_merge on chunk (source, level, tier, from_ms) where tier between 0 and 8;
create index block_of_chunk on block (chunk, first_series, last_series);

create table gap (
    id      bigint generated always as identity primary key,
    source  bigint not null references source (id) on delete cascade,
    from_ms bigint not null,
    to_ms   bigint not null,
    reason  text not null,
    detail  text not null
);
create index gap_of_source on gap (source, to_ms);

create table event (
    id      bigint generated always as identity primary key,
    cluster text collate "C" not null,
    server  text collate "C" not null,
    at_ms   bigint not null,
    kind    text not null,
    title   text not null,
    detail  text not null
);
create index event_at on event (at_ms);

create table statement_text (
    cluster     text collate "C" not null,
    key         text collate "C" not null,
    text        text not null,
    fingerprint text collate "C" not null,
    first_ms    bigint not null,
    last_ms     bigint not null,
    primary key (cluster, key)
);
create index statement_text_by_fingerprint on statement_text (fingerprint);

create table blob (
    id      bigint generated always as identity primary key,
    source  bigint not null references source (id) on delete cascade,
    from_ms bigint not null,
    to_ms   bigint not null,
    crc     bigint not null,
    data    bytea not null
);
create index blob_of_source on blob (source, to_ms);

-- A pgdeck that writes here, and until when it counts as alive.
create table process (
    id         text collate "C" primary key,
    expires_at timestamptz not null
);

-- The servers that it reads.
create table watch (
    process text collate "C" not null references process (id) on delete cascade,
    cluster text collate "C" not null,
    server  text collate "C" not null,
    primary key (process, cluster, server)
);

-- Who records a server. Every change of hands raises the generation, by which a process that was paused
-- finds out that it no longer is the one. The lease without names is that of retention.
create table lease (
    cluster    text collate "C" not null,
    server     text collate "C" not null,
    holder     text collate "C",
    generation bigint not null default 0,
    expires_at timestamptz not null default '-infinity',
    primary key (cluster, server)
);
