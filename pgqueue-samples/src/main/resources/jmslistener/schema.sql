create table if not exists ticket_sales (
    guest text primary key,
    seats integer not null default 0
);
