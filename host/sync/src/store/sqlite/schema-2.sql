-- Whether anybody is an admin is asked with each batch of first decisions.
create index member_admin on member (person) where by_admin = 1;
