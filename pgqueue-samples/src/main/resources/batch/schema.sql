-- The key shows that no reading is stored twice: a second insert would fail.
create table if not exists readings (
    meter integer primary key,
    value integer not null
);
