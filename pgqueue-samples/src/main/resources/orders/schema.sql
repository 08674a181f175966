create table if not exists sample_orders (
    id              bigint  generated always as identity primary key,
    number          integer not null,
    customer        text    not null,
    amount          numeric not null,
    state           text    not null default 'NEW' check (state in ('NEW', 'PROCESSED')),
    processed_count integer not null default 0,
    attempts        integer not null default 0
);
