select * from orders where status = 'open' and amount > 10
