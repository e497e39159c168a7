-- Plans of statements that were seen: ../0002_plans.sql in PostgreSQL.
create table statement_plan (
    cluster     text collate "C" not null,
    key         text collate "C" not null,
    database    text collate "C" not null,
    how         text collate "C" not null,
    shape       text collate "C" not null,
    fingerprint text collate "C" not null,
    plan        text not null,
    first_ms    bigint not null,
    last_ms     bigint not null,
    primary key (cluster, key, database, how, shape)
);
create index statement_plan_by_fingerprint on statement_plan (cluster, fingerprint);
