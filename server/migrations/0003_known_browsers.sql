-- Browsers that have signed in as a user: strangers who guess a password do not use up their attempts. The id itself
-- is only in the browser's cookie, and opens nothing.
create table known_browsers (
    id_hash   blob not null,
    user_name text not null references users (name) on delete cascade,
    seen_ms   integer not null,
    primary key (user_name, id_hash)
) strict;
