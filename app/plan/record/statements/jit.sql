select sum(amount * 2) from orders where amount > 3
