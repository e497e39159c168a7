-- What was done to watched servers. Append only: an act has a record before it (`asked`) and one after
-- it (`ended`, whose `act` names the first). `hash` is the SHA-256 of the hash before and this record.
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
