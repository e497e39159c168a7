insert into "Odd Name: x" values (1, 'y'), (1000, 'z') on conflict (id) do update set "a b" = excluded."a b" where "Odd Name: x".id < 5
