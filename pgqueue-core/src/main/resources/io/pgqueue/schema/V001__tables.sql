-- Tables, sequences and the ring.
--
-- Every script of this folder works in the current schema, whatever its name, and pins the search path it finds there:
-- pg_catalog is searched first because it is not named, the installation's schema next, temporary objects last.
-- Our migrator and Flyway (default schema = the installation's schema) both set the current schema before a script runs.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- One row: who this installation is, and the oldest schema release whose clients still understand it; a script that breaks
-- them raises it.
create table installation (
    only_row       boolean     primary key default true check (only_row),
    id             uuid        not null default gen_random_uuid(),
    oldest_client  integer     not null default 1,
    installed_at   timestamptz not null default clock_timestamp()
);
insert into installation default values;

-- A place to send to. Names are data, never identifiers; queues and topics share one set of names. owner is the client of
-- a temporary one, which lives as long as that. demanded: the fields by which subscriptions are looked up (see route), null
-- for none; reads_body: whether their filters need the body as JSON.
create table destination (
    id              integer     primary key,
    name            text        not null unique,
    kind            text        not null check (kind in ('queue', 'topic')),
    max_body_bytes  integer     not null default 4194304 check (max_body_bytes between 1024 and 67108864),
    dedup_window_ms bigint      not null default 300000,
    retain_ms       bigint,
    demanded        text[],
    reads_body      boolean     not null default false,
    owner           uuid,
    created_at      timestamptz not null default clock_timestamp(),
    updated_at      timestamptz not null default clock_timestamp()
);

-- A claim on a destination's future messages. A queue has exactly one, with the queue's name. Durations are milliseconds.
-- Who it is: its name, and the client id when it was made under one; durable and non-durable ones do not share names. One
-- that is not durable ends with its last consumer. no_local is what a message must not have come from (see R__client.sql).
-- demands: values that a field must have for the filter to be true, as the client found them. One that is routed is looked
-- up by one of them when a message is published; the others have their filters evaluated each time (see R__route.sql).
create table subscription (
    id                  integer     primary key,
    destination_id      integer     not null references destination,
    name                text        not null,
    implicit            boolean     not null,
    durable             boolean     not null default true,
    shared              boolean     not null default true,
    client_id           text,
    no_local            text,
    selector            text,
    attribute_filter    text,
    body_filter         text,
    filter              jsonpath,
    body_path           jsonpath,
    demands             jsonb,
    routed              boolean     not null default false,
    lease_ms            bigint      not null default 30000,
    max_attempts        integer     not null default 5,
    backoff_base_ms     bigint      not null default 1000,
    backoff_max_ms      bigint      not null default 300000,
    backoff_multiplier  double precision not null default 2,
    jitter_percent      integer     not null default 10,
    retention_ms        bigint,
    on_expiry           text        not null default 'drop' check (on_expiry in ('drop', 'dead_letter', 'move')),
    expired_to          integer     references subscription,
    dead_letter_to      integer     references subscription,
    dead_letter_max_age_ms bigint,
    park_after          integer     not null default 3,
    delay_ms            bigint      not null default 0,
    max_depth           integer,
    on_full             text        not null default 'fail' check (on_full in ('fail', 'block', 'drop_oldest')),
    retry_timeout_ms    bigint,
    group_policy        text        not null default 'block' check (group_policy in ('block', 'skip')),
    expire_after_idle_ms bigint,
    paused              boolean     not null default false,
    created_at          timestamptz not null default clock_timestamp(),
    updated_at          timestamptz not null default clock_timestamp(),
    unique nulls not distinct (name, implicit, durable, client_id)
);
create index subscription_by_destination on subscription (destination_id, routed);

-- Which subscriptions demand that a field has this value. name is what the field belongs to, one letter, and its name.
create table route (
    destination_id   integer     not null,
    name             text        collate "C" not null,
    value            jsonb       not null,
    subscription_id  integer     not null references subscription on delete cascade,
    primary key (destination_id, name, value, subscription_id)
);
create index route_by_subscription on route (subscription_id);

-- Which JVMs are alive: one row each, renewed every few seconds. The time is in no index and the page mostly empty, so a
-- renewal is a heap-only update.
create table node (
    id           uuid        primary key,
    lease_until  timestamptz not null
) with (fillfactor = 20);

-- Who lives as long as a connection of a JVM: it may have a client id, which nobody else has meanwhile.
create table client (
    id         uuid        primary key,
    node_id    uuid        not null,
    client_id  text        unique,
    opened_at  timestamptz not null default clock_timestamp()
);
create index client_by_node on client (node_id);

-- The active consumers of subscriptions that depend on having some.
create table consumer (
    id               uuid        primary key,
    subscription_id  integer     not null references subscription on delete cascade,
    client           uuid        not null references client on delete cascade,
    opened_at        timestamptz not null default clock_timestamp()
);
create index consumer_by_subscription on consumer (subscription_id);
create index consumer_by_client on consumer (client);

-- When somebody last consumed from subscriptions that end when nobody does, about; and since when their end is announced (see
-- R__idle.sql). A row outlives its subscription until what that has left behind is gone. The times are in no index and the
-- page mostly empty, so that a change is a heap-only update.
create table activity (
    subscription_id  integer     primary key,
    active_at        timestamptz not null,
    warned_at        timestamptz
) with (fillfactor = 20);

-- That a subscription ends at that time unless somebody consumes from it; or that it has ended.
create type idle_notice as (
    topic         text,
    subscription  text,
    idle_ms       bigint,
    ends_at       timestamptz,
    ended         boolean
);

create sequence destination_id as integer;
create sequence subscription_id as integer;

-- Names of consumers. A lease carries the number, which costs four bytes.
create table holder (
    id             integer     primary key,
    name           text        not null unique check (length(name) between 1 and 255),
    registered_at  timestamptz not null default clock_timestamp()
);
create sequence holder_id as integer;

-- The order of messages, one sequence for the installation. No cache: a session must not hold a block of old numbers.
create sequence position;

-- The ring. Sequences are not versioned: they never bloat, and a transaction that began an hour ago reads today's value.
-- ring_state       bits 0-3 the slot that publishing writes to, bits 4-19 one bit for each slot that may hold rows,
--                  bits 20-23 the slot written to before
-- ring_position    the position at the last rotation, so the number of messages since then needs no count
-- ring_rotated_ms  when that was, in milliseconds since 1970
-- Only maintenance moves them, under the advisory lock of maintenance_lock().
create sequence ring_state;
create sequence ring_position;
create sequence ring_rotated_ms;
select setval('ring_state', 1 << 4);
select setval('ring_position', 1);
select setval('ring_rotated_ms', floor(extract(epoch from clock_timestamp()) * 1000)::bigint);

-- When the next sample of all subscriptions is due.
create sequence sample_due_ms;
select setval('sample_due_ms', 1);

-- Where the sweep of expired messages goes on, and when it last ran.
create sequence sweep_cursor minvalue 0;
create sequence swept_ms;
select setval('sweep_cursor', 0);
select setval('swept_ms', 1);

-- What a message carries wherever it is stored, written down once: it holds no rows, the tables below are like it, and
-- scripts name its columns by <envelope> (see install_for_each_slot). tracked: its sender asks for the outcome of each
-- delivery (see R__completion.sql); null otherwise, which takes no space. priority is 0 to 9, which publishing checks:
-- PostgreSQL reads the text of a table's check anew in each statement, a fifteenth of what publishing one message takes.
create table envelope (
    sent_at         timestamptz not null,
    message_id      uuid        not null,
    destination_id  integer     not null,
    priority        smallint    not null,
    group_key       text collate "C",
    correlation_id  text,
    reply_to        text,
    type            text,
    content_type    text,
    replace_key     text collate "C",
    properties      jsonb,
    tracked         boolean,
    body            bytea
);

-- Immutable body and headers, stored once for all subscriptions. id is the message's position.
create table message (
    id              bigint      not null,
    expires_at      timestamptz,
    like envelope,
    slot            smallint    not null
) partition by list (slot);

-- One subscription's copy, narrow. lease_until, epoch, attempts and holder are in no index and the leaves are half filled,
-- so that taking a lease is a heap-only update even while an old transaction keeps every row version alive.
-- priority is the message's, but 10 more while the delivery waits behind others of its group: waiting ones stand in lanes
-- of their own, which no fetch walks over (see R__group.sql; lane_of() gives the lane of a new delivery).
-- What fetches and indexes read stands before the columns that may be empty: behind one of those PostgreSQL has to walk.
-- failures counts the attempts that were answered by a nack; the others ended with the lease.
-- ready_at is set where it became available later than the message was sent (delay, redrive, history); ages and retention
-- count from it. Not the message's: each subscription may delay its copy, and whose is moved finds the message there or not.
create table delivery (
    position         bigint      not null,
    lease_until      timestamptz not null default '-infinity',
    subscription_id  integer     not null,
    epoch            integer     not null default 0,
    attempts         integer     not null default 0,
    body_bytes       integer     not null,
    priority         smallint    not null,
    replays          smallint    not null default 0,
    failures         smallint    not null default 0,
    slot             smallint    not null,
    tracked          boolean,
    ready_at         timestamptz,
    holder           integer,
    first_failed_at  timestamptz,
    group_key        text collate "C",
    replace_key      text collate "C"
) partition by list (slot);

-- Not due yet: delayed by the sender, or waiting out a backoff. Self-contained, so that it never pins a slot. has_turn: the
-- head of a group that failed or was put off; the others wait for it.
create table scheduled (
    subscription_id  integer     not null,
    position         bigint      not null,
    due_at           timestamptz not null,
    retrying         boolean     not null,
    epoch            integer     not null,
    attempts         integer     not null,
    replays          smallint    not null,
    failures         smallint    not null default 0,
    has_turn         boolean     not null default false,
    first_failed_at  timestamptz,
    expires_at       timestamptz,
    ready_at         timestamptz,
    like envelope,
    primary key (subscription_id, position)
);
create index scheduled_by_due_time on scheduled (subscription_id, due_at, position);
create index scheduled_by_group on scheduled (subscription_id, group_key) where has_turn;
create index scheduled_by_message on scheduled (message_id);
create index scheduled_by_correlation on scheduled (correlation_id) where correlation_id is not null;
create index scheduled_by_replace_key on scheduled (destination_id, replace_key) where replace_key is not null;

-- Final failures, self-contained, kept until redriven or discarded. last_failed_at is null when the end was no failure.
create table dead_letter (
    subscription_id  integer     not null,
    position         bigint      not null,
    dead_at          timestamptz not null,
    reason           text        not null,
    error_class      text,
    error            text,
    stack            text,
    consumer         text,
    epoch            integer     not null,
    attempts         integer     not null,
    replays          smallint    not null,
    first_failed_at  timestamptz,
    last_failed_at   timestamptz,
    expires_at       timestamptz,
    ready_at         timestamptz,
    like envelope,
    primary key (subscription_id, position)
);
create index dead_letter_by_time on dead_letter (subscription_id, dead_at, position);
create index dead_letter_by_message on dead_letter (message_id);

-- The last sample of each subscription (see R__sample.sql). Written anew each time, so there is nothing to look up by.
-- estimated: not every row was counted. position: the newest one then.
create table sample (
    subscription_id       integer          not null,
    sampled_at            timestamptz      not null,
    ready                 bigint           not null,
    leased                bigint           not null,
    delayed               bigint           not null,
    retrying              bigint           not null,
    dead                  bigint           not null,
    estimated             boolean          not null,
    acked                 bigint           not null,
    expired               bigint           not null,
    discarded             bigint           not null,
    moved                 bigint           not null,
    published             bigint           not null,
    published_per_second  double precision not null,
    acked_per_second      double precision not null,
    oldest_ready_at       timestamptz,
    newest_ready_at       timestamptz,
    "position"            bigint           not null
);

-- What a sample finds of a subscription in one slot, in scheduled, or in dead_letter. counted: rows that it saw; variance: of
-- the sum of the numbers, 0 where all were counted; arrived: what is new since the last sample; oldest and newest: when those
-- that are ready became available.
create type sample_part as (
    subscription_id  integer,
    ready            bigint,
    leased           bigint,
    delayed          bigint,
    retrying         bigint,
    dead             bigint,
    counted          bigint,
    variance         double precision,
    arrived          bigint,
    estimated        boolean,
    oldest           timestamptz,
    newest           timestamptz
);

-- How deliveries ended, added up: rows are only inserted, and with each sample made one for each subscription.
create table tally (
    subscription_id  integer not null,
    acked            bigint  not null,
    expired          bigint  not null,
    discarded        bigint  not null,
    moved            bigint  not null
);

-- What was published to destinations with retain_ms, by the time of its leaf (see R__history.sql).
create table history (
    leaf        smallint    not null,
    position    bigint      not null,
    expires_at  timestamptz,
    like envelope
) partition by list (leaf);
create index on history (destination_id, position);
do $$
begin
    for i in 0 .. 23 loop
        execute format('create table history_%s partition of history for values in (%s)', i, i);
    end loop;
end
$$;

-- What people changed in stored messages: the original, who and when. Kept for 400 days.
create table message_change (
    message_id       uuid        not null,
    subscription_id  integer     not null,
    changed_at       timestamptz not null,
    database_user    text        not null,
    changed_by       text,
    content_type     text,
    properties       jsonb,
    body             bytea
);
create index message_change_by_message on message_change (message_id, changed_at);
create index message_change_by_time on message_change (changed_at);

-- What was published with the wish to know what becomes of it: the subscriptions that got it, by id and name. An entry is
-- kept for keep_ms after the last of its deliveries has ended; check_at is when that is looked at next.
create table tracked (
    position         bigint      primary key,
    message_id       uuid        not null,
    subscription_ids integer[]   not null,
    subscriptions    text[]      not null,
    keep_ms          bigint      not null,
    check_at         timestamptz not null
);
create index tracked_by_message on tracked (message_id, position);
create index tracked_by_time on tracked (check_at);

-- How deliveries of tracked messages ended. Rows are only inserted, so that subscriptions do not wait for one another.
create table outcome (
    position         bigint      not null,
    subscription_id  integer     not null,
    outcome          text        not null,
    ended_at         timestamptz not null,
    primary key (position, subscription_id)
);

-- Runs a script of this folder after writing parts of it once for every slot, with <k> replaced by the slot's number:
--   /*each slot*/ ... /*end*/   all sixteen, one after the other
--   /*in slot s*/ ... /*end*/   the one of slot s, chosen by four comparisons
-- with what is needed in several places, wherever <name> stands:
--   /*text name*/ ... /*end*/
-- with the columns of the envelope, so that a new one need not be added to every statement that moves messages:
--   <envelope>                 sent_at, message_id, ...
--   <m.envelope>               m.sent_at, m.message_id, ...
--   <m.envelope except body>   without the columns named, which the statement gives values of their own
-- and, where the planners differ, with the text for the server that it is installed on:
--   /*from 17 ...*/ ... /*before 17 ...*/ ... /*any version*/   either may be missing; both must do the same, as a server is
--                                                               brought to a newer version without an installation
-- Naming the leaf keeps a statement to one leaf: it locks only that one until the caller's transaction ends (a generic plan
-- on the parent locks all sixteen), and its plan is made once for a session (docs/adr/0001). Four comparisons instead of
-- up to sixteen, because PL/pgSQL prepares every expression anew in each transaction. Called at installation only.
create function install_for_each_slot(p_script text) returns void language plpgsql as $$
declare
    v_parts  text[];
    v_head   text;
    v_body   text;
    v_script text := '';
    v_list   text[];
begin
    for v_list in select a from regexp_matches(p_script, '(/\*text (\w+?)\*/\s*(.*?)\s*/\*end\*/)', 'g') a loop
        p_script := replace(replace(p_script, v_list[1], ''), '<' || v_list[2] || '>', v_list[3]);
    end loop;
    for v_list in select distinct a from regexp_matches(p_script, '<((\w+\.|)envelope(?: except ([a-z_, ]+))?)>', 'g') a loop
        p_script := replace(p_script, '<' || v_list[1] || '>', (
            select string_agg(v_list[2] || attname, ', ' order by attnum) from pg_attribute
             where attrelid = 'envelope'::regclass and attnum > 0 and not attisdropped
               and attname <> all (regexp_split_to_array(coalesce(v_list[3], ''), ',\s*'))));
    end loop;
    p_script := regexp_replace(
        p_script,
        case when current_setting('server_version_num')::integer < 170000 then '/\*from 17.*?(?=/\*before 17|/\*any version)'
             else '/\*before 17.*?(?=/\*any version)' end,
        '', 'g');
    v_parts := regexp_split_to_array(p_script, '/\*(?=each slot|in slot)|/\*end\*/');
    for i in 1 .. cardinality(v_parts) loop
        if i % 2 = 1 then
            v_script := v_script || v_parts[i];
            continue;
        end if;
        v_head := split_part(v_parts[i], '*/', 1);
        v_body := substr(v_parts[i], length(v_head) + 3);
        if v_head = 'each slot' then
            for k in 0 .. 15 loop
                v_script := v_script || replace(v_body, '<k>', k::text);
            end loop;
        else
            v_script := v_script || choose_slot(substr(v_head, length('in slot ') + 1), v_body, 0, 15);
        end if;
    end loop;
    execute v_script;
end
$$;

create function choose_slot(p_slot text, p_body text, p_from integer, p_to integer) returns text language plpgsql as $$
declare
    v_middle integer := (p_from + p_to + 1) / 2;
begin
    if p_from = p_to then
        return replace(p_body, '<k>', p_from::text);
    end if;
    return format('if %s < %s then %s else %s end if;', p_slot, v_middle,
                  choose_slot(p_slot, p_body, p_from, v_middle - 1), choose_slot(p_slot, p_body, v_middle, p_to));
end
$$;
revoke execute on function choose_slot(text, text, integer, integer) from public;
revoke execute on function install_for_each_slot(text) from public;

-- A function that grew since a release. CREATE OR REPLACE cannot change what a function returns, and beside one with a further
-- argument it leaves the old one standing, so that old calls fit both. The script says so around the function, and goes on
-- saying it (docs/adr/0021):
--   select set_aside('receive', 'tracked');   the name of an argument or column that it did not have
--   create or replace function receive(...
--   select take_over('receive');              grants go over to it, the old one goes
-- Where the function has it already, or is not there yet, both do nothing. All of one name are set aside that lack it, so
-- that all of them stand between the two calls.
create function set_aside(p_function text, p_addition text) returns void language plpgsql as $$
declare
    v_old regprocedure;
begin
    for v_old in
        select p.oid from pg_proc p
         where p.pronamespace = current_schema()::regnamespace and p.proname = p_function
           and array_position(p.proargnames, p_addition) is null
    loop
        execute format('alter function %s rename to %I', v_old, p_function || '_set_aside');
    end loop;
end
$$;

create function take_over(p_function text) returns void language plpgsql as $$
declare
    v_old   record;
    v_grant record;
begin
    for v_old in
        select p.oid::regprocedure as function, p.proacl as grants from pg_proc p
         where p.pronamespace = current_schema()::regnamespace and p.proname = p_function || '_set_aside'
    loop
        for v_grant in
            select n.oid::regprocedure as function, case g.grantee when 0 then 'public' else quote_ident(r.rolname) end as grantee,
                   case when g.is_grantable then ' with grant option' else '' end as option
              from pg_proc n, aclexplode(v_old.grants) g left join pg_roles r on r.oid = g.grantee
             where n.pronamespace = current_schema()::regnamespace and n.proname = p_function and g.grantee <> n.proowner
        loop
            execute format('grant execute on function %s to %s%s', v_grant.function, v_grant.grantee, v_grant.option);
        end loop;
        -- A new function is open to everybody.
        if not exists (select from aclexplode(v_old.grants) g where g.grantee = 0) and v_old.grants is not null then
            for v_grant in
                select n.oid::regprocedure as function from pg_proc n
                 where n.pronamespace = current_schema()::regnamespace and n.proname = p_function
            loop
                execute format('revoke execute on function %s from public', v_grant.function);
            end loop;
        end if;
        execute format('drop function %s', v_old.function);
    end loop;
end
$$;
revoke execute on function set_aside(text, text) from public;
revoke execute on function take_over(text) from public;

-- Where a message is stored, found by its id. Block ranges cost publishing nothing; maintenance summarises those that were
-- filled since its last pass, and a search reads the ranges that may hold the id and the rest (docs/adr/0007). Bloom filters,
-- because what was delayed or retried comes into the ring long after its neighbours; sized for messages of 100 bytes.
create index message_by_message_id on message
 using brin (message_id uuid_bloom_ops (n_distinct_per_range = 2000, false_positive_rate = 0.01))
  with (pages_per_range = 32);

create index delivery_by_replace_key on delivery (subscription_id, replace_key) where replace_key is not null;

-- Deduplication keys, in leaves by time that are truncated in turn (see R__keys.sql).
create table dedup_key (
    leaf            smallint    not null,
    destination_id  integer     not null,
    key             text        collate "C" not null,
    message_id      uuid        not null,
    until           timestamptz not null,
    primary key (leaf, destination_id, key)
) partition by list (leaf);

-- About how deep the subscriptions with a limit are: as of the last maintenance pass, when the newest position was this.
create table depth_sample (
    subscription_id  integer     primary key,
    depth            integer     not null,
    "position"       bigint      not null
) with (fillfactor = 50);

-- Where one delivery waits: slot -1 is the table scheduled.
create type place as (
    subscription_id  integer,
    priority         smallint,
    "position"       bigint,
    slot             smallint
);

-- The unique index of each leaf is its replica identity, which TRUNCATE-proof logical replication and Citus need.
select install_for_each_slot($script$
/*each slot*/
create table message_<k> partition of message for values in (<k>);
create unique index message_<k>_id on message_<k> (id);
alter table message_<k> replica identity using index message_<k>_id;
create table delivery_<k> partition of delivery for values in (<k>) with (fillfactor = 50);
create unique index delivery_<k>_order on delivery_<k> (subscription_id, priority desc, position);
create index delivery_<k>_group on delivery_<k> (subscription_id, priority, group_key, position) where group_key is not null;
alter table delivery_<k> replica identity using index delivery_<k>_order;
create table dedup_key_<k> partition of dedup_key for values in (<k>);
/*end*/
$script$);
