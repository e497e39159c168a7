-- rows: one for each entry of a page of a B-tree, each with the page's header and place; one where there are none
-- since: 14
-- needs: the function pgdeck.btree_page, made by a superuser
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
       g.type,
       g.live_items,
       g.dead_items,
       g.free_size,
       g.btpo_prev,
       g.btpo_next,
       g.btpo_level,
       g.btpo_flags,
       g.itemoffset,
       g.itemlen,
       g.block,
       g.htid,
       g.tids,
       g.first_tids,
       g.dead,
       g.nulls
  from pgdeck.btree_page($1::oid, $2::int8) g
 order by g.itemoffset
 limit 2000;
