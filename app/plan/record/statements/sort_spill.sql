select * from orders order by amount, status
