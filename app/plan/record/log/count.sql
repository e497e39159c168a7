select count(*)
  from orders o -- "quoted"
 where o.status = 'it''s, open' or note is null;
