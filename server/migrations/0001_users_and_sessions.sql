-- Who may sign in. `roles` and `servers` are words joined by commas; no servers means all.
create table users (
    name          text primary key,
    password_hash text not null,
    roles         text not null,
    servers       text not null,
    created_ms    integer not null
) strict;

-- Who is signed in. The id itself is only in the person's cookie; a copy of this file signs nobody in.
-- `user_name` is null for the person at this machine who followed the one-time link.
create table sessions (
    id_hash    blob primary key,
    user_name  text references users (name) on delete cascade,
    created_ms integer not null,
    seen_ms    integer not null
) strict;
create index sessions_of_user on sessions (user_name);
