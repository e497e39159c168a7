-- rows: one, the metapage of a B-tree with its header
-- since: 14
-- needs: the function pgdeck.btree_meta, made by a superuser
-- cost: one page, read twice
-- docs: https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
select g.lsn,
       g.checksum,
       g.flags,
       g.lower,
       g.upper,
       g.special,
       g.pagesize,
       g.prune_xid,
       g.version,
       g.root,
       g.level,
       g.fastroot,
       g.fastlevel,
       g.allequalimage
  from pgdeck.btree_meta($1::oid, $2::int8) g
 order by g.root
 limit 1;
