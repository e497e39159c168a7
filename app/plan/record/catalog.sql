-- One JSON document with what plan::Catalog holds about the tables of schema public.
select jsonb_build_object(
  'settings', (select jsonb_object_agg(name, current_setting(name)) from pg_settings
               where name in ('work_mem', 'random_page_cost', 'seq_page_cost', 'effective_cache_size', 'jit', 'hash_mem_multiplier')),
  'relations', (select jsonb_agg(jsonb_build_object(
    'schema', n.nspname, 'name', c.relname, 'size_bytes', c.relpages::bigint * 8192, 'reltuples', c.reltuples,
    'n_mod_since_analyze', pg_stat_get_mod_since_analyze(c.oid),
    'analyze_age_seconds', extract(epoch from now() - greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))),
    'columns', (select coalesce(jsonb_agg(jsonb_build_object('name', s.attname, 'n_distinct', s.n_distinct, 'correlation', s.correlation,
        'null_frac', s.null_frac, 'most_common_freq', s.most_common_freqs[1]) order by s.attname), '[]')
      from pg_stats s where s.schemaname = n.nspname and s.tablename = c.relname),
    'indexes', (select coalesce(jsonb_agg(jsonb_build_object('name', i.relname, 'method', a.amname,
        'keys', (select jsonb_agg(pg_get_indexdef(x.indexrelid, k, true) order by k) from generate_series(1, x.indnkeyatts) k),
        'include', (select coalesce(jsonb_agg(pg_get_indexdef(x.indexrelid, k, true) order by k), '[]') from generate_series(x.indnkeyatts + 1, x.indnatts) k),
        'predicate', pg_get_expr(x.indpred, x.indrelid), 'indisunique', x.indisunique, 'indisvalid', x.indisvalid,
        'size_bytes', i.relpages::bigint * 8192) order by i.relname), '[]')
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am a on a.oid = i.relam where x.indrelid = c.oid),
    'extended', (select coalesce(jsonb_agg(jsonb_build_object('name', e.stxname,
        'columns', (select jsonb_agg(attname) from pg_attribute where attrelid = c.oid and attnum = any(e.stxkeys)))), '[]')
      from pg_statistic_ext e where e.stxrelid = c.oid)) order by c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p')));
