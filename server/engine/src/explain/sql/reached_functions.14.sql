-- rows: volatile, security definer and denied functions that a statement reaches through whatever it names, and foreign tables
-- since: 14
-- needs: nothing
-- cost: index look-ups in the catalogs, some per object that was not there when the cluster was made
-- docs: https://www.postgresql.org/docs/current/xfunc-volatility.html
with recursive called as (
  select c.schema, c.name, c.kind, c.n
    from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
         with ordinality as c(schema, name, kind, n)
), candidates as (
  select c.n, c.schema, 'pg_catalog.pg_proc'::regclass::oid as class, p.oid, p.pronamespace as namespace
    from called c
    join pg_catalog.pg_proc p on p.proname = c.name
   where c.kind = 'function'
  union all
  select c.n, c.schema, 'pg_catalog.pg_proc'::regclass::oid, p.oid, p.pronamespace
    from called c
    -- row.f calls f(row): what else it takes may have defaults, or be variadic
    join pg_catalog.pg_proc p on p.proname = c.name and p.pronargs >= 1
     and (p.pronargs - p.pronargdefaults <= 1 or p.provariadic <> 0)
    join pg_catalog.pg_type t on t.oid = p.proargtypes[0]
   where c.kind = 'column' and t.typtype in ('c', 'd', 'p')
  union all
  select c.n, c.schema, 'pg_catalog.pg_operator'::regclass::oid, o.oid, o.oprnamespace
    from called c
    join pg_catalog.pg_operator o on o.oprname = c.name
   where c.kind = 'operator'
  union all
  select c.n, c.schema, 'pg_catalog.pg_class'::regclass::oid, r.oid, r.relnamespace
    from called c
    join pg_catalog.pg_class r on r.relname = c.name
   where c.kind = 'relation'
  union all
  -- type(x) and x.type are casts as well; pg_cast stands for a cast to the type
  select c.n, c.schema, k.class, t.oid, t.typnamespace
    from called c
    join pg_catalog.pg_type t on t.typname = c.name
   cross join (values ('pg_catalog.pg_type'::regclass::oid), ('pg_catalog.pg_cast'::regclass::oid)) as k(class)
   where c.kind in ('type', 'function', 'column')
), named as (
  select pg_catalog.min(c.n) as n, c.class, c.oid
    from candidates c
    join pg_catalog.pg_namespace s on s.oid = c.namespace
   where s.nspname = any (case when c.schema is null then pg_catalog.current_schemas(true)
                               else array[c.schema::name] end)
   group by c.class, c.oid
  union all
  -- where a cast is implicit no word of the statement tells it
  select 0, 'pg_catalog.pg_proc'::regclass::oid, x.castfunc
    from pg_catalog.pg_cast x
   where x.castfunc >= 16384 and (x.castcontext = 'i' or $4::bool and x.castcontext = 'a')
), reached as (
  select n.n, n.class, n.oid from named n
  union
  select r.n, e.class, e.oid
    from reached r
   cross join lateral (
     -- what the catalog says that it depends on; objects of the cluster's beginning are not recorded there
     select d.refclassid as class, d.refobjid as oid
       from pg_catalog.pg_depend d
      where d.classid = r.class and d.objid = r.oid and d.deptype in ('n', 'a', 'i')
        and (d.refclassid in ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_opclass'::regclass)
          -- a row's type is not its table, and a partition not its parent
          or d.refclassid = 'pg_catalog.pg_class'::regclass
             and d.classid not in ('pg_catalog.pg_type'::regclass, 'pg_catalog.pg_class'::regclass))
     union all
     -- so the trees of its expressions tell their functions
     select 'pg_catalog.pg_proc'::regclass::oid, m.found[1]::oid
       from (select w.ev_action::text || w.ev_qual::text from pg_catalog.pg_rewrite w
              where r.class = 'pg_catalog.pg_rewrite'::regclass and w.oid = r.oid
             union all
             select a.adbin::text from pg_catalog.pg_attrdef a
              where r.class = 'pg_catalog.pg_attrdef'::regclass and a.oid = r.oid
             union all
             select c.conbin::text from pg_catalog.pg_constraint c
              where r.class = 'pg_catalog.pg_constraint'::regclass and c.oid = r.oid
             union all
             select pg_catalog.concat(p.polqual::text, p.polwithcheck::text) from pg_catalog.pg_policy p
              where r.class = 'pg_catalog.pg_policy'::regclass and p.oid = r.oid
             union all
             select t.tgqual::text from pg_catalog.pg_trigger t
              where r.class = 'pg_catalog.pg_trigger'::regclass and t.oid = r.oid
             union all
             select pg_catalog.concat(i.indexprs::text, i.indpred::text) from pg_catalog.pg_index i
              where r.class = 'pg_catalog.pg_class'::regclass and i.indexrelid = r.oid
             union all
             select p.partexprs::text from pg_catalog.pg_partitioned_table p
              where r.class = 'pg_catalog.pg_class'::regclass and p.partrelid = r.oid
             union all
             select pg_catalog.concat(p.proargdefaults::text, p.prosqlbody::text) from pg_catalog.pg_proc p
              where r.class = 'pg_catalog.pg_proc'::regclass and p.oid = r.oid
             union all
             select t.typdefaultbin::text from pg_catalog.pg_type t
              where r.class = 'pg_catalog.pg_type'::regclass and t.oid = r.oid and $4::bool) as trees(tree)
      cross join lateral pg_catalog.regexp_matches(trees.tree,
        ':(?:funcid|aggfnoid|winfnoid|tsmhandler) ([0-9]+)', 'g') as m(found)
     union all
     -- a table or view: rules, row security, indexes, partitions; where it is written to all that happens then
     select 'pg_catalog.pg_rewrite'::regclass::oid, w.oid
       from pg_catalog.pg_rewrite w
       join pg_catalog.pg_class v on v.oid = w.ev_class
      where r.class = 'pg_catalog.pg_class'::regclass and w.ev_class = r.oid
        and (w.ev_type = '1' and v.relkind = 'v' or w.ev_type <> '1' and $4::bool)
     union all
     select 'pg_catalog.pg_policy'::regclass::oid, p.oid
       from pg_catalog.pg_policy p
       join pg_catalog.pg_class t on t.oid = p.polrelid and t.relrowsecurity
      where r.class = 'pg_catalog.pg_class'::regclass and p.polrelid = r.oid
     union all
     select 'pg_catalog.pg_class'::regclass::oid, i.indexrelid
       from pg_catalog.pg_index i
      where r.class = 'pg_catalog.pg_class'::regclass and i.indrelid = r.oid
     union all
     select 'pg_catalog.pg_class'::regclass::oid, i.inhrelid
       from pg_catalog.pg_inherits i
      where r.class = 'pg_catalog.pg_class'::regclass and i.inhparent = r.oid
     union all
     select 'pg_catalog.pg_attrdef'::regclass::oid, d.oid
       from pg_catalog.pg_attrdef d
       join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
      where r.class = 'pg_catalog.pg_class'::regclass and d.adrelid = r.oid and ($4::bool or a.attgenerated = 'v')
     union all
     select 'pg_catalog.pg_constraint'::regclass::oid, c.oid
       from pg_catalog.pg_constraint c
      where r.class = 'pg_catalog.pg_class'::regclass and c.conrelid = r.oid and c.contype = 'c' and $4::bool
     union all
     select 'pg_catalog.pg_class'::regclass::oid, c.conrelid
       from pg_catalog.pg_constraint c
      where r.class = 'pg_catalog.pg_class'::regclass and c.confrelid = r.oid and c.contype = 'f' and $4::bool
     union all
     select k.class, case k.class when 'pg_catalog.pg_proc'::regclass then t.tgfoid else t.oid end
       from pg_catalog.pg_trigger t
      cross join (values ('pg_catalog.pg_proc'::regclass::oid), ('pg_catalog.pg_trigger'::regclass::oid)) as k(class)
      where r.class = 'pg_catalog.pg_class'::regclass and t.tgrelid = r.oid and not t.tgisinternal and $4::bool
     union all
     -- an aggregate is immutable itself; what it consists of is called
     select 'pg_catalog.pg_proc'::regclass::oid, f.oid
       from pg_catalog.pg_aggregate a
      cross join lateral pg_catalog.unnest(array[a.aggtransfn::oid, a.aggfinalfn::oid, a.aggcombinefn::oid,
        a.aggserialfn::oid, a.aggdeserialfn::oid, a.aggmtransfn::oid, a.aggminvtransfn::oid, a.aggmfinalfn::oid]) as f(oid)
      where r.class = 'pg_catalog.pg_proc'::regclass and a.aggfnoid = r.oid
     union all
     select 'pg_catalog.pg_operator'::regclass::oid, a.aggsortop
       from pg_catalog.pg_aggregate a
      where r.class = 'pg_catalog.pg_proc'::regclass and a.aggfnoid = r.oid
     union all
     -- an operator and those that the planner puts in its place
     select k.class, k.oid
       from pg_catalog.pg_operator o
      cross join lateral (values ('pg_catalog.pg_proc'::regclass::oid, o.oprcode::oid), ('pg_catalog.pg_proc'::regclass::oid, o.oprrest::oid),
        ('pg_catalog.pg_proc'::regclass::oid, o.oprjoin::oid), ('pg_catalog.pg_operator'::regclass::oid, o.oprcom),
        ('pg_catalog.pg_operator'::regclass::oid, o.oprnegate)) as k(class, oid)
      where r.class = 'pg_catalog.pg_operator'::regclass and o.oid = r.oid
     union all
     -- a type: input and output, what it consists of, the checks of a domain, how it is compared
     select 'pg_catalog.pg_proc'::regclass::oid, f.oid
       from pg_catalog.pg_type t
      cross join lateral pg_catalog.unnest(array[t.typinput::oid, t.typoutput::oid, t.typmodin::oid, t.typmodout::oid]) as f(oid)
      where r.class = 'pg_catalog.pg_type'::regclass and t.oid = r.oid
     union all
     select r.class, f.oid
       from pg_catalog.pg_type t
      cross join lateral pg_catalog.unnest(array[t.typbasetype, t.typelem]) as f(oid)
      where r.class in ('pg_catalog.pg_type'::regclass, 'pg_catalog.pg_cast'::regclass) and t.oid = r.oid
     union all
     select r.class, a.atttypid
       from pg_catalog.pg_type t
       join pg_catalog.pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
      where r.class in ('pg_catalog.pg_type'::regclass, 'pg_catalog.pg_cast'::regclass) and t.oid = r.oid
     union all
     select k.class, k.oid
       from pg_catalog.pg_range g
      cross join lateral (values ('pg_catalog.pg_type'::regclass::oid, g.rngsubtype), ('pg_catalog.pg_proc'::regclass::oid, g.rngcanonical::oid),
        ('pg_catalog.pg_proc'::regclass::oid, g.rngsubdiff::oid)) as k(class, oid)
      where r.class = 'pg_catalog.pg_type'::regclass and r.oid in (g.rngtypid, g.rngmultitypid)
     union all
     select 'pg_catalog.pg_constraint'::regclass::oid, c.oid
       from pg_catalog.pg_constraint c
      where r.class = 'pg_catalog.pg_type'::regclass and c.contypid = r.oid
     union all
     select 'pg_catalog.pg_opclass'::regclass::oid, o.oid
       from pg_catalog.pg_opclass o
      where r.class = 'pg_catalog.pg_type'::regclass and o.opcintype = r.oid
     union all
     select 'pg_catalog.pg_proc'::regclass::oid, f.amproc::oid
       from pg_catalog.pg_opclass o
       join pg_catalog.pg_amproc f on f.amprocfamily = o.opcfamily
      where r.class = 'pg_catalog.pg_opclass'::regclass and o.oid = r.oid
     union all
     select 'pg_catalog.pg_operator'::regclass::oid, f.amopopr
       from pg_catalog.pg_opclass o
       join pg_catalog.pg_amop f on f.amopfamily = o.opcfamily
      where r.class = 'pg_catalog.pg_opclass'::regclass and o.oid = r.oid
     union all
     select 'pg_catalog.pg_proc'::regclass::oid, x.castfunc
       from pg_catalog.pg_cast x
      where r.class = 'pg_catalog.pg_cast'::regclass and x.casttarget = r.oid
   ) e
   -- what was there when the cluster was made reaches nothing of others
   where e.oid <> 0 and (r.oid >= 16384 or r.class in ('pg_catalog.pg_cast'::regclass, 'pg_catalog.pg_operator'::regclass))
)
select pg_catalog.min(f.n)::int8 as n, f.schema::text as schema, f.name::text as name, f.danger::text as danger,
       pg_catalog.bool_or(f.direct) as direct
  from (
    select r.n, s.nspname as schema, p.proname as name,
           case when denied.yes then 'denied' when p.provolatile = 'v' then 'volatile' else 'definer' end as danger,
           exists (select 1 from named n where n.n = r.n and n.class = r.class and n.oid = r.oid) as direct,
           p.oid
      from reached r
      join pg_catalog.pg_proc p on p.oid = r.oid
      join pg_catalog.pg_namespace s on s.oid = p.pronamespace
     cross join lateral (
       select p.proname ~ $5::text
              and (s.nspname = 'pg_catalog'
                or exists (select 1 from pg_catalog.pg_depend d
                            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')) as yes
     ) denied
     where r.class = 'pg_catalog.pg_proc'::regclass and (p.provolatile = 'v' or p.prosecdef or denied.yes)
    union all
    select r.n, s.nspname, t.relname, 'foreign', true, t.oid
      from reached r
      join pg_catalog.pg_class t on t.oid = r.oid and t.relkind = 'f'
      join pg_catalog.pg_namespace s on s.oid = t.relnamespace
     where r.class = 'pg_catalog.pg_class'::regclass
  ) f
 group by f.oid, f.schema, f.name, f.danger
 order by pg_catalog.min(f.n), f.oid
 limit 1000;
