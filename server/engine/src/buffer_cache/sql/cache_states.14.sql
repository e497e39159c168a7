-- rows: one, the size of shared buffers and who we are
-- since: 14
-- needs: pg_read_all_settings for the libraries that are loaded at the start
-- cost: settings only
-- docs: https://www.postgresql.org/docs/current/pgprewarm.html
select pg_catalog.current_database()::text as datname,
       current_user::text as role,
       pg_catalog.current_setting('server_version_num')::int4 / 10000 as major,
       (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user order by r.oid limit 1) as superuser,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers'))::int8 as shared_buffers_bytes,
       pg_catalog.current_setting('block_size')::int8 as block_bytes,
       (select s.setting from pg_catalog.pg_settings s
         where s.name = 'shared_preload_libraries' order by s.name limit 1) as libraries
 order by 1
 limit 1;
