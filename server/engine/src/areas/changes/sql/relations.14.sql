-- rows: tables, views and indexes of the connected database, with what DDL changes of them
-- since: 14
-- needs: nothing
-- cost: a part of pg_class and index lookups for each of its rows, bounded; only when the catalogs were written
-- docs: https://www.postgresql.org/docs/current/catalog-pg-class.html
select c.oid::int8 as oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
       case when c.relkind in ('i', 'I') then
              (select t.relname::text from pg_catalog.pg_index i join pg_catalog.pg_class t on t.oid = i.indrelid
                where i.indexrelid = c.oid)
            when c.relispartition then
              (select t.relname::text from pg_catalog.pg_inherits h join pg_catalog.pg_class t on t.oid = h.inhparent
                where h.inhrelid = c.oid limit 1)
       end as of_table,
       -- chr(31) and chr(30) stand in no name that anybody means
       case when c.relkind in ('r', 'p', 'f', 'm', 'v') and not c.relispartition then
         (select pg_catalog.string_agg(a.attnum || pg_catalog.chr(31) || a.attname || pg_catalog.chr(31)
                                       || pg_catalog.format_type(a.atttypid, a.atttypmod)
                                       || case when a.attnotnull then ' not null' else '' end
                                       || case when a.attstattarget >= 0 then ' statistics ' || a.attstattarget else '' end
                                       || coalesce(' (' || pg_catalog.array_to_string(a.attoptions, ', ') || ')', ''),
                                       pg_catalog.chr(30) order by a.attnum)
            from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) end as columns,
       case when c.relkind in ('r', 'p', 'f') and not c.relispartition then
         (select pg_catalog.string_agg(o.conname || pg_catalog.chr(31) || o.contype::text
                                       || case when o.convalidated then '' else ' not valid' end,
                                       pg_catalog.chr(30) order by o.conname, o.oid)
            from pg_catalog.pg_constraint o
           -- what is not null is said of the column
           where o.conrelid = c.oid and o.contype <> 'n') end as constraints,
       case when c.relhastriggers and not c.relispartition then
         (select pg_catalog.string_agg(t.tgname || pg_catalog.chr(31) || t.tgenabled::text, pg_catalog.chr(30) order by t.tgname)
            from pg_catalog.pg_trigger t
           where t.tgrelid = c.oid and not t.tgisinternal) end as triggers,
       case when c.relkind in ('v', 'm') then
         (select pg_catalog.max(r.xmin::text) from pg_catalog.pg_rewrite r
           where r.ev_class = c.oid and r.rulename = '_RETURN') end as definition,
       pg_catalog.array_to_string(c.reloptions, ', ') as options,
       case when c.relkind in ('i', 'I') then
         (select case when i.indisunique then 'unique ' else '' end || case when i.indisvalid then '' else 'invalid ' end
            from pg_catalog.pg_index i where i.indexrelid = c.oid)
            else case when c.relrowsecurity then 'row security ' else '' end
                 || case c.relpersistence when 'u' then 'unlogged ' else '' end
       end as flags
  from (select c.oid, c.relname, c.relnamespace, c.relkind, c.relispartition, c.relhastriggers, c.reloptions,
               c.relrowsecurity, c.relpersistence
          from pg_catalog.pg_class c
         where c.relkind in ('r', 'p', 'f', 'm', 'v', 'i', 'I')
           and c.relpersistence <> 't'
           and not (c.relkind in ('i', 'I') and c.relispartition)
           and c.oid >= 16384
           and c.relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)
           and not exists (select from pg_catalog.pg_depend d
                            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
         order by c.oid
         limit 10001) c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 order by c.oid
 limit 10001;
