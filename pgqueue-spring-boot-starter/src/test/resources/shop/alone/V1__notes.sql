create table notes (id bigint generated always as identity, text text);
