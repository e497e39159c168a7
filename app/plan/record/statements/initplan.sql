select *, (select max(amount) from orders) from customers where id < (select avg(customer_id) from orders where status = 'open') and id < 10
