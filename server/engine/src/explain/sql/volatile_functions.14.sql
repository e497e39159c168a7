-- rows: functions that a name, operator or column of a statement may stand for and that are volatile or run with their owner's rights
-- since: 14
-- needs: nothing
-- cost: index look-ups in pg_proc and pg_operator, one per name
-- docs: https://www.postgresql.org/docs/current/xfunc-volatility.html
with called as (
  select c.schema, c.name, c.kind, c.n
    from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
         with ordinality as c(schema, name, kind, n)
), candidates as (
  select c.n, c.schema, p.oid, p.pronamespace as namespace
    from called c
    join pg_catalog.pg_proc p on p.proname = c.name
   where c.kind = 'function'
  union all
  select c.n, c.schema, p.oid, p.pronamespace
    from called c
    -- row.f calls f(row): what else it takes may have defaults, or be variadic
    join pg_catalog.pg_proc p on p.proname = c.name and p.pronargs >= 1
     and (p.pronargs - p.pronargdefaults <= 1 or p.provariadic <> 0)
    join pg_catalog.pg_type t on t.oid = p.proargtypes[0]
   where c.kind = 'column' and t.typtype in ('c', 'd', 'p')
  union all
  select c.n, c.schema, o.oprcode::oid, o.oprnamespace
    from called c
    join pg_catalog.pg_operator o on o.oprname = c.name
   where c.kind = 'operator'
), reached as (
  select c.n, c.schema, c.oid, c.namespace from candidates c
  union all
  -- an aggregate is immutable itself; what it consists of is called
  select c.n, c.schema, f.oid, c.namespace
    from candidates c
    join pg_catalog.pg_aggregate a on a.aggfnoid = c.oid
   cross join lateral pg_catalog.unnest(array[a.aggtransfn::oid, a.aggfinalfn::oid, a.aggcombinefn::oid,
     a.aggserialfn::oid, a.aggdeserialfn::oid, a.aggmtransfn::oid, a.aggminvtransfn::oid, a.aggmfinalfn::oid]) as f(oid)
   where f.oid <> 0
)
select c.n::int8 as n, s.nspname::text as schema, p.proname::text as name,
       p.provolatile = 'v' as volatile, p.prosecdef as definer
  from reached c
  join pg_catalog.pg_proc p on p.oid = c.oid
  join pg_catalog.pg_namespace s on s.oid = p.pronamespace
  join pg_catalog.pg_namespace named on named.oid = c.namespace
 where (p.provolatile = 'v' or p.prosecdef)
   and named.nspname = any (case when c.schema is null then pg_catalog.current_schemas(true)
                                 else array[c.schema::name] end)
 order by c.n, p.oid
 limit 1000;
