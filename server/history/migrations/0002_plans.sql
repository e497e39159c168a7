-- Plans of statements that were seen. `how` says how a plan was had; plans of one shape are kept once.
create table statement_plan (
    cluster     text not null,
    key         text not null,
    database    text not null,
    how         text not null,
    shape       text not null,
    fingerprint text not null,
    plan        text not null,
    first_ms    integer not null,
    last_ms     integer not null,
    primary key (cluster, key, database, how, shape)
) strict;
create index statement_plan_by_fingerprint on statement_plan (cluster, fingerprint);
