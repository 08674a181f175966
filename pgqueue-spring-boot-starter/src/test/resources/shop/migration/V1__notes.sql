-- The application's own version 1, which also sends: the schema of pgqueue is there already.
create table notes (id bigint generated always as identity, text text);
select pgqueue.create_queue('notes');
select pgqueue.publish('notes', to_jsonb('migrated'::text));
