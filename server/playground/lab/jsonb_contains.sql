-- cause: filtered_seq_scan
-- offers: create index concurrently on documents using gin (doc jsonb_path_ops);
create table documents as select n as id, jsonb_build_object('k', n % 3000, 'kind', n % 3) || case when n % 400 = 0 then '{"urgent": true}' else '{}' end::jsonb as doc,
    array[n % 1000, n % 7] as tags, int4range(n, n + 5) as span, md5(n::text) || ' word' || n % 800 as body,
    to_tsvector('simple', 'word' || n % 800) as words, ('10.' || n % 200 || '.' || n / 200 || '.1')::inet as host
    from generate_series(1, 40000) n;
vacuum analyze documents;

-- statement
select * from documents where doc @> '{"k": 7}';

-- workload
select count(*) from documents where id < 10;
insert into documents (id, doc) select n, '{"k": 1}' from generate_series(50001, 50050) n;
update documents set body = 'changed' where id between 10 and 20;
