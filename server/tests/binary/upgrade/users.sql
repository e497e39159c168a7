-- The data directory of the first pgdeck that had users, commit de7b4f5: one user, who is signed in.
create table _sqlx_migrations (
    version bigint primary key,
    description text not null,
    installed_on timestamp not null default current_timestamp,
    success boolean not null,
    checksum blob not null,
    execution_time bigint not null
);
insert into _sqlx_migrations values (1, 'users and sessions', '2025-11-23 12:00:00', true, x'd919a2bfcb5629a17988828714f659a76835c4089e8470b04bc9ac1c23588c0afd1d9d4470536352499eeabb0b8dce00', 1000000);
create table users (
    name          text primary key,
    password_hash text not null,
    roles         text not null,
    servers       text not null,
    created_ms    integer not null
) strict;

create table sessions (
    id_hash    blob primary key,
    user_name  text references users (name) on delete cascade,
    created_ms integer not null,
    seen_ms    integer not null
) strict;
create index sessions_of_user on sessions (user_name);
insert into users values ('eve', '$argon2id$v=19$m=19456,t=2,p=1$NMXDJ0udbJPF1mWFr82pAA$I9QI+1/FSAYPDEAEsb7K3Aw40TymzH+GxsCzm88zLUA', 'admin,operator,analyst', '', 1763899000000);
insert into users values ('bob', '$argon2id$v=19$m=19456,t=2,p=1$NMXDJ0udbJPF1mWFr82pAA$I9QI+1/FSAYPDEAEsb7K3Aw40TymzH+GxsCzm88zLUA', 'viewer', 'other', 1763899000000);
insert into sessions values (x'00', 'eve', 1763899000000, 1763899000000);
