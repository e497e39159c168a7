-- From here on columns may hold numbers in bits: ../0003_bits.sql.
select 1;
