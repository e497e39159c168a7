select * from customers c left join (select id, status from orders where false) o on o.id = c.id where c.id < 10 union all select 1, 'a', null, null, id, status from orders where false
