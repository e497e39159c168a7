-- rows: one for each line pointer of a page of a heap, each with the page's header; one where there are none
-- since: 14
-- needs: the function pgdeck.heap_page, made by a superuser
-- cost: one page
-- docs: https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
select g.lsn,
       g.checksum,
       g.flags,
       g.lower,
       g.upper,
       g.special,
       g.pagesize,
       g.prune_xid,
       g.lp,
       g.lp_off,
       g.lp_flags,
       g.lp_len,
       g.t_xmin,
       g.t_xmax,
       g.next_block,
       g.next_lp,
       g.t_hoff,
       g.t_infomask,
       g.t_infomask2
  from pgdeck.heap_page($1::oid, $2::int8) g
 order by g.lp
 limit 2000;
