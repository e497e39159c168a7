select * from orders where id between 10 and 20 order by id desc
