select * from (select * from orders order by created limit 2000) o order by created, amount limit 1500
