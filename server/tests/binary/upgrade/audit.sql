-- What commit 1a3e0f9 added: the audit log, with an action and its outcome, hashed as that commit did.
insert into _sqlx_migrations values (2, 'audit', '2025-11-23 12:00:00', true, x'c898d8231c1f81c063be8fcf39c801dfd9b0f17b1e6a1615cfa032c6340a6e4b919273b58601e708a7f5a6b2f0e7af17', 1000000);
create table audit (
    id      integer primary key autoincrement,
    kind    text not null check (kind in ('asked', 'ended')),
    act     integer references audit (id),
    at_ms   integer not null,
    who     text not null,
    server  text not null,
    action  text not null,
    object  text not null,
    touched text not null,
    sql     text not null,
    reason  text not null,
    outcome text not null,
    says    text not null,
    took_us integer,
    hash    text not null
) strict;
create unique index audit_ends on audit (act) where act is not null;
create trigger audit_is_not_rewritten before update on audit
begin select raise(abort, 'the audit log is append only'); end;
create trigger audit_is_not_cut before delete on audit
begin select raise(abort, 'the audit log is append only'); end;
insert into audit values (1, 'asked', null, 1763900000000, 'eve', 'shop', 'terminate', 'pid 640', 'app=web, role=shop', 'select pg_terminate_backend(640)', 'it held the "orders" table — 20 min', '', '', null, 'dc93a485b3f308e9c47b630586035c77cb8e6c100a219be016fc381a31797568');
insert into audit values (2, 'ended', 1, 1763900000042, 'eve', 'shop', 'terminate', 'pid 640', '', '', '', 'worked', 'pid 640 has ended.', 1500, '82a5acc71ab3d60c25b0f315531b7245a13d5712e7c26d6fedd9ee49efce3c1b');
