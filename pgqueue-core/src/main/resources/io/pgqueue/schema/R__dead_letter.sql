-- Dead letters: final failures, kept until redriven or discarded.
--
-- Promises   A delivery leaves the ring and enters dead_letter in one statement, with the facts of its failure; or, where
--            the subscription names a queue for them, that queue. A redrive gives attempts 0, the same message id, a new
--            position at the end, and an epoch that goes on, so that an old consumer stays fenced out. What two callers
--            redrive or discard at once is done once: each skips what the other has locked.
-- Locks      Row locks on the dead letters taken; ROW EXCLUSIVE on the delivery leaf left or entered.
-- Errors     PQ002 an argument out of range, PQ003 a property, PQ004 a filter, PQ005 a body too large, PQ006 not found.
--
-- Which dead letters is said by message ids, or by a filter, all parts of which must fit:
--   {"reason": "EXPIRED", "error_class": "java.io.IOException", "filter": "$.color == \"red\"", "parked": false,
--    "min_age_ms": 60000, "max_age_ms": 3600000, "died_before": "2026-01-01T00:00:00Z"}
-- filter is a jsonpath over properties and headers, as a subscription's, and over what a queue for dead letters is told
-- (JMS_PGQ_DeadReason and so on); ages count from the death.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- What a queue for dead letters or expired messages is told in headers. The type of the number stands beside it as Java
-- writes it (docs/adr/0005). The stack keeps its top, where the failure is, as much as has room beside the message's own
-- properties in the 32768 bytes that properties may have; a character of it takes up to six of them.
create or replace function with_dead_headers(
    p_properties jsonb, p_subscription integer, p_reason text, p_attempts integer, p_dead_at timestamptz,
    p_error_class text, p_error text, p_stack text default null, p_consumer text default null,
    p_first_failed_at timestamptz default null, p_last_failed_at timestamptz default null
) returns jsonb language sql stable as $$
    select coalesce(p_properties, '{}') || jsonb_strip_nulls(jsonb_build_object(
               'JMS_PGQ_DeadReason', p_reason,
               'JMS_PGQ_DeadDestination', d.name,
               'JMS_PGQ_DeadSubscription', s.name,
               'JMS_PGQ_DeadAttempts', p_attempts,
               'JMS_PGQ_DeadAt', floor(extract(epoch from p_dead_at) * 1000)::bigint,
               'JMS_PGQ_DeadErrorClass', p_error_class,
               'JMS_PGQ_DeadError', left(p_error, 2000),
               'JMS_PGQ_DeadStack', nullif(left(p_stack, least(4096, greatest(0,
                   (32768 - 8192 - coalesce(octet_length(p_properties::text), 0)) / 6))), ''),
               'JMS_PGQ_DeadConsumer', p_consumer,
               'JMS_PGQ_DeadFirstFailedAt', floor(extract(epoch from p_first_failed_at) * 1000)::bigint,
               'JMS_PGQ_DeadLastFailedAt', floor(extract(epoch from p_last_failed_at) * 1000)::bigint,
               '#t', coalesce(p_properties -> '#t', '{}') || '{"JMS_PGQ_DeadAttempts": "i"}'))
      from subscription s join destination d on d.id = s.destination_id
     where s.id = p_subscription
$$;

create or replace function without_dead_headers(p_properties jsonb) returns jsonb language sql immutable as $$
    select p_properties - array['JMS_PGQ_DeadReason', 'JMS_PGQ_DeadDestination', 'JMS_PGQ_DeadSubscription',
                                'JMS_PGQ_DeadAttempts', 'JMS_PGQ_DeadAt', 'JMS_PGQ_DeadErrorClass', 'JMS_PGQ_DeadError',
                                'JMS_PGQ_DeadStack', 'JMS_PGQ_DeadConsumer', 'JMS_PGQ_DeadFirstFailedAt',
                                'JMS_PGQ_DeadLastFailedAt']
$$;

select install_for_each_slot($script$
-- Moves deliveries of one slot, subscription and priority out of the ring. Callers hold their row locks and name the positions
-- in ascending order, here and below: see R__settle.sql for why each statement also says the range. What has been
-- moved to a queue for dead letters once stays in that queue's own, so nothing goes round.
create or replace function bury(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_reason text,
    p_error_class text, p_error text, p_stack text, p_now timestamptz, p_failed_now boolean
) returns void language plpgsql as $$
declare
    v_to integer := (select dead_letter_to from subscription where id = p_subscription);
begin
    if v_to is not null then
        p_positions := send_away(p_slot, p_subscription, p_priority, p_positions, v_to, p_reason, p_error_class, p_error, p_now,
                                 null, p_stack, p_failed_now);
    end if;
    /*in slot p_slot*/
        with gone as (
            delete from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
               and d.position between p_positions[1] and p_positions[cardinality(p_positions)]
            returning d.*, case when d.tracked then ended(d.position, d.subscription_id,
                                                          case p_reason when 'EXPIRED' then 'EXPIRED' else 'DEAD' end) end)
        insert into dead_letter (
            subscription_id, position, dead_at, reason, error_class, error, stack, consumer, epoch, attempts, replays,
            first_failed_at, last_failed_at, expires_at, ready_at, <envelope>)
        select g.subscription_id, g.position, p_now, p_reason, p_error_class, left(p_error, 2000), left(p_stack, 8192),
               (select h.name from holder h where h.id = g.holder), g.epoch, g.attempts, g.replays,
               coalesce(g.first_failed_at, case when p_failed_now then p_now end), case when p_failed_now then p_now end,
               m.expires_at, g.ready_at, <m.envelope>
          from gone g join message_<k> m on m.id = g.position;
    /*end*/
end
$$;

-- Moves deliveries of one slot, subscription and priority to another queue, where they are new: position, attempts, that
-- queue's delay. By way of scheduled, from where they are promoted like everything that is due. With a reason the message
-- says so in its headers, and those that say so already stay; their positions are returned. p_new_positions, one for each of
-- p_positions: where they stand there; null: behind one another. Callers hold the row locks.
create or replace function send_away(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_to integer, p_reason text,
    p_error_class text, p_error text, p_now timestamptz, p_new_positions bigint[] default null, p_stack text default null,
    p_failed_now boolean default false
) returns bigint[] language plpgsql as $$
declare
    v_queue subscription;
    v_moved bigint[];
begin
    select * into v_queue from subscription where id = p_to;
    -- Dropped since the caller looked it up: they stay, for him to put them elsewhere.
    if not found then
        return p_positions;
    end if;
    /*in slot p_slot*/
        v_moved := array(
            select m.id from message_<k> m
             where m.id = any (p_positions) and (p_reason is null or not coalesce(m.properties ? 'JMS_PGQ_DeadReason', false))
             order by m.id);
        with gone as (
            delete from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (v_moved)
               and d.position between v_moved[1] and v_moved[cardinality(v_moved)]
            returning d.*, case when d.tracked then ended(d.position, d.subscription_id, case
                when p_reason is null then 'DISCARDED' when p_reason = 'EXPIRED' then 'EXPIRED' else 'DEAD' end) end)
        insert into scheduled (
            subscription_id, position, due_at, retrying, epoch, attempts, replays, destination_id, properties,
            <envelope except destination_id, properties>)
        select p_to, coalesce(p_new_positions[array_position(p_positions, g.position)], nextval('position')), p_now + v_queue.delay_ms * interval '1 millisecond', false, 0, 0, g.replays,
               v_queue.destination_id,
               case when p_reason is null then m.properties
                    else with_dead_headers(m.properties, p_subscription, p_reason, g.attempts, p_now, p_error_class, p_error,
                                           p_stack, (select h.name from holder h where h.id = g.holder),
                                           coalesce(g.first_failed_at, case when p_failed_now then p_now end),
                                           case when p_failed_now then p_now end) end,
               <m.envelope except destination_id, properties>
          from (select * from gone order by position) g join message_<k> m on m.id = g.position;
    /*end*/
    perform count_ends(p_subscription, 0, 0, cardinality(v_moved));
    return array(select p from unnest(p_positions) p where p <> all (v_moved));
end
$$;

-- Expired deliveries of one slot, subscription and priority: dropped, buried or sent on. Callers hold the row locks.
create or replace function expire(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_now timestamptz
) returns void language plpgsql as $$
declare
    v_sub     subscription;
    v_dropped integer;
begin
    select * into v_sub from subscription where id = p_subscription;
    if v_sub.on_expiry = 'move' and v_sub.expired_to is not null then
        p_positions := send_away(p_slot, p_subscription, p_priority, p_positions, v_sub.expired_to, 'EXPIRED', null, null, p_now);
    end if;
    if v_sub.on_expiry = 'drop' then
        /*in slot p_slot*/
            with gone as (
                delete from delivery_<k> d
                 where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
                   and d.position between p_positions[1] and p_positions[cardinality(p_positions)]
                returning case when d.tracked then ended(d.position, d.subscription_id, 'EXPIRED') end)
            select count(*) into v_dropped from gone;
        /*end*/
        perform count_ends(p_subscription, v_dropped, 0, 0);
    elsif cardinality(p_positions) > 0 then
        perform bury(p_slot, p_subscription, p_priority, p_positions, 'EXPIRED', null, null, null, p_now, false);
    end if;
end
$$;
$script$);

-- What receive() claimed and may not return. A claim that exceeds the attempts is taken back: a message dies after
-- exactly as many claims as the subscription allows. Such a claim has left the last holder's name in its
-- place. The rules are those that the claim went by: what new ones allow meanwhile would stay leased, and nobody would know.
-- Whether one of them was tracked.
select install_for_each_slot($script$
create or replace function put_away_undeliverable(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_now timestamptz,
    p_max_attempts integer, p_retention interval
) returns boolean language plpgsql as $$
declare
    v_tracked boolean;
    v_expired bigint[];
    v_crashed bigint[];
    v_failed  bigint[];
begin
    /*in slot p_slot*/
        select array_agg(d.position order by d.position) filter (where e.expired),
               array_agg(d.position order by d.position) filter (where e.spent and d.failures < d.attempts - 1),
               array_agg(d.position order by d.position) filter (where e.spent and d.failures >= d.attempts - 1),
               coalesce(bool_or(d.tracked) filter (where e.expired or e.spent), false)
          into v_expired, v_crashed, v_failed, v_tracked
          from delivery_<k> d
          join message_<k> m on m.id = d.position
          cross join lateral (select coalesce(m.expires_at <= p_now, false)
               or coalesce(coalesce(d.ready_at, m.sent_at) + p_retention <= p_now, false) as expired) x
          cross join lateral (select x.expired,
               not x.expired and d.attempts > p_max_attempts and p_max_attempts > 0 as spent) e
         where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
           and d.position between p_positions[1] and p_positions[cardinality(p_positions)];
        update delivery_<k> d
           set attempts = d.attempts - 1, holder = case when d.position = any (v_crashed) then d.holder end
         where d.subscription_id = p_subscription and d.priority = p_priority
           and d.position = any (v_expired || v_crashed || v_failed)
           and d.position between p_positions[1] and p_positions[cardinality(p_positions)];
    /*end*/
    if v_expired is not null then
        perform expire(p_slot, p_subscription, p_priority, v_expired, p_now);
    end if;
    if v_crashed is not null then
        perform bury(p_slot, p_subscription, p_priority, v_crashed, 'LEASE_EXPIRED', null,
                     'Lease ended without an answer: the consumer died or took too long', null, p_now, true);
    end if;
    -- Every attempt was answered: only a lowered max_attempts leaves these here.
    if v_failed is not null then
        perform bury(p_slot, p_subscription, p_priority, v_failed, 'MAX_ATTEMPTS', null,
                     format('max_attempts was lowered to %s after the last failure', p_max_attempts), null, p_now, true);
    end if;
    return v_tracked;
end
$$;
$script$);

create or replace function check_dead_letter_filter(p_filter jsonb) returns void language plpgsql as $$
declare
    v_part record;
begin
    perform check_object('filter', p_filter);
    for v_part in select key, value #>> '{}' as value, jsonb_typeof(value) as kind from jsonb_each(p_filter) loop
        if v_part.kind is distinct from (case v_part.key
                when 'reason' then 'string' when 'error_class' then 'string' when 'filter' then 'string'
                when 'parked' then 'boolean' when 'min_age_ms' then 'number' when 'max_age_ms' then 'number'
                when 'died_before' then 'string' end) then
            perform raise_invalid(quote_literal(v_part.key), quote_literal(v_part.value),
                'one of reason, error_class, filter, died_before (text), min_age_ms, max_age_ms (number), parked (boolean)');
        end if;
        if v_part.kind = 'number' then
            perform check_age(v_part.key, v_part.value::numeric);
        elsif v_part.key = 'died_before' then
            begin
                perform v_part.value::timestamptz;
            exception when data_exception then
                perform raise_invalid('died_before', quote_literal(v_part.value), 'a time as text, such as 2026-01-01T00:00:00Z');
            end;
        elsif v_part.key = 'filter' then
            perform checked_path('filter', v_part.value);
        end if;
    end loop;
end
$$;

-- The oldest p_limit that fit, oldest death first, behind the given one.
create or replace function choose_dead_letters(
    p_subscription integer, p_filter jsonb, p_limit integer, p_after_dead_at timestamptz default '-infinity',
    p_after_position bigint default 0, out "position" bigint, out dead_at timestamptz
) returns setof record language plpgsql
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_reason   text := p_filter ->> 'reason';
    v_class    text := p_filter ->> 'error_class';
    v_path     jsonpath := (p_filter ->> 'filter')::jsonpath;
    v_parked   boolean := (p_filter ->> 'parked')::boolean;
    v_from     timestamptz := coalesce(clock_timestamp() - (p_filter ->> 'max_age_ms')::bigint * interval '1 millisecond', '-infinity');
    v_to       timestamptz := least(clock_timestamp() - (p_filter ->> 'min_age_ms')::bigint * interval '1 millisecond',
                                    (p_filter ->> 'died_before')::timestamptz, 'infinity');
    v_park     integer := (select nullif(park_after, 0) from subscription where id = p_subscription);
begin
    return query
        select d.position, d.dead_at from dead_letter d
         where d.subscription_id = p_subscription and (d.dead_at, d.position) > (p_after_dead_at, p_after_position)
           and d.dead_at >= v_from and d.dead_at < v_to
           and (v_reason is null or d.reason = v_reason)
           and (v_class is null or d.error_class = v_class)
           and (v_parked is null or v_parked = coalesce(d.replays >= v_park, false))
           and (v_path is null
                or meets(v_path, null,
                         with_dead_headers(without_dead_headers(d.properties), d.subscription_id, d.reason, d.attempts, d.dead_at,
                                           d.error_class, d.error, null, d.consumer, d.first_failed_at, d.last_failed_at),
                         header_view(d.message_id, d.priority, d.sent_at, d.expires_at, d.ready_at, d.correlation_id, d.type,
                                     d.properties), null, null))
         order by d.dead_at, d.position limit p_limit;
end
$$;

-- A page, oldest death first, behind the given one. Bodies only when asked for. Parked: replayed so often that a redrive
-- skips it unless it is named.
create or replace function dead_letters(
    p_subscription integer, p_limit integer default 100, p_after_dead_at timestamptz default '-infinity',
    p_after_position bigint default 0, p_with_body boolean default false, p_filter jsonb default '{}',
    p_message_id uuid default null
) returns table (
    "position" bigint, message_id uuid, dead_at timestamptz, reason text, error_class text, error text, stack text,
    consumer text, attempts integer, replays smallint, parked boolean, first_failed_at timestamptz,
    last_failed_at timestamptz, sent_at timestamptz, expires_at timestamptz, destination_id integer,
    priority smallint, group_key text, correlation_id text, reply_to text, type text, content_type text,
    properties jsonb, body_bytes integer, body bytea
) language plpgsql stable security definer
set search_path from current
as $$
#variable_conflict use_column
declare
    v_positions bigint[];
begin
    perform check_limit(p_limit);
    perform check_dead_letter_filter(p_filter);
    v_positions := case when p_message_id is null
        then array(select c.position
                     from choose_dead_letters(p_subscription, p_filter, p_limit, p_after_dead_at, p_after_position) c)
        else array(select d.position from dead_letter d where d.message_id = p_message_id) end;
    return query
    select d.position, d.message_id, d.dead_at, d.reason, d.error_class, d.error, d.stack, d.consumer, d.attempts, d.replays,
           coalesce(d.replays >= nullif(s.park_after, 0), false), d.first_failed_at, d.last_failed_at, d.sent_at,
           d.expires_at, d.destination_id, d.priority, d.group_key, d.correlation_id, d.reply_to, d.type, d.content_type,
           d.properties, coalesce(octet_length(d.body), 0), case when p_with_body then d.body end
      from dead_letter d join subscription s on s.id = d.subscription_id
     where d.subscription_id = p_subscription and d.position = any (v_positions)
     order by d.dead_at, d.position;
end
$$;

-- Locks what is to be redriven or discarded. Who is at some of it already is not waited for: of the oldest this takes those
-- behind his.
create or replace function take_dead_letters(
    p_subscription integer, p_message_ids uuid[], p_limit integer, p_filter jsonb
) returns bigint[] language plpgsql as $$
declare
    v_chosen bigint[] := '{0}';
    v_times  timestamptz[] := '{-infinity}';
    v_taken  bigint[] := '{}';
begin
    perform check_limit(p_limit);
    perform check_dead_letter_filter(p_filter);
    if p_message_ids is not null then
        if cardinality(p_message_ids) > 1000 then
            perform raise_invalid('message_ids', cardinality(p_message_ids) || ' entries', 'at most 1000');
        end if;
        return lock_dead_letters(p_subscription, array(
            select d.position from dead_letter d
             where d.message_id = any (p_message_ids) and d.subscription_id = p_subscription));
    end if;
    while cardinality(v_chosen) > 0 and cardinality(v_taken) < p_limit loop
        select coalesce(array_agg(c.position), '{}'), array_agg(c.dead_at) into v_chosen, v_times
          from choose_dead_letters(p_subscription, p_filter, p_limit - cardinality(v_taken),
                                   v_times[cardinality(v_times)], v_chosen[cardinality(v_chosen)]) c;
        v_taken := v_taken || lock_dead_letters(p_subscription, v_chosen);
    end loop;
    return v_taken;
end
$$;

create or replace function lock_dead_letters(p_subscription integer, p_positions bigint[]) returns bigint[]
language sql as $$
    select array(select d.position from dead_letter d
                  where d.subscription_id = p_subscription and d.position = any (p_positions)
                  order by d.position for update skip locked)
$$;

-- The queue of that name, as a target.
create or replace function target_queue(p_field text, p_name text) returns subscription language plpgsql stable as $$
declare
    v_queue subscription;
begin
    select * into v_queue from subscription s where s.name = p_name and s.implicit;
    if not found then
        perform raise_invalid(p_field, quote_literal(p_name), 'the name of a queue');
    end if;
    return v_queue;
end
$$;

-- Back to the end of the queue: the given messages, or the oldest p_limit that fit the filter and are not parked. To
-- another queue with p_to. With p_per_second they become ready one after the other, the first p_start_ms from now;
-- until then they are delayed. Returns the message ids that went back and when the call began, by which a caller who
-- repeats it ({"died_before": called_at}) leaves alone what has died again meanwhile.
select install_for_each_slot($script$
create or replace function redrive(
    p_subscription integer, p_message_ids uuid[] default null, p_limit integer default 1000, p_filter jsonb default '{}',
    p_to text default null, p_per_second double precision default null, p_start_ms bigint default 0,
    out redriven uuid[], out called_at timestamptz
) language plpgsql security definer
set search_path from current
as $$
declare
    v_slot  smallint := pg_sequence_last_value('ring_state') & 15;
    v_to    subscription;
    v_taken bigint[];
begin
    called_at := clock_timestamp();
    perform check_range('per_second', p_per_second::numeric, 0.001, 10000);
    perform check_range('start_ms', p_start_ms, 0, 31622400000);
    if p_to is not null then
        v_to := target_queue('to', p_to);
    end if;
    perform check_object('filter', p_filter);
    v_taken := take_dead_letters(p_subscription, p_message_ids, p_limit, '{"parked": false}' || coalesce(p_filter, '{}'));
    with gone as (
        delete from dead_letter d where d.subscription_id = p_subscription and d.position = any (v_taken) returning d.*
    ), again as materialized (
        select <g.envelope except destination_id, properties>, nextval('position') as new_position,
               coalesce(v_to.id, g.subscription_id) as subscription_id, g.epoch + 1 as epoch,
               least(g.replays + 1, 32767) as replays, coalesce(v_to.destination_id, g.destination_id) as destination_id,
               case when p_to is null then g.properties else without_dead_headers(g.properties) end as properties,
               called_at + (p_start_ms + (g.nth - 1) * 1000 / p_per_second) * interval '1 millisecond' as due_at
          from (select gone.*, row_number() over (order by dead_at, position) as nth from gone order by dead_at, position) g
    ), stored as (
        insert into message (id, slot, <envelope>)
        select new_position, v_slot, <envelope> from again where due_at is null
    ), ready as (
        insert into delivery (
            position, subscription_id, epoch, body_bytes, slot, priority, replays, ready_at, group_key, replace_key)
        select new_position, subscription_id, epoch, coalesce(octet_length(body), 0), v_slot, lane_of(priority, group_key),
               replays, called_at, group_key, replace_key
          from again where due_at is null
    ), later as (
        insert into scheduled (subscription_id, position, due_at, retrying, epoch, attempts, replays, <envelope>)
        select subscription_id, new_position, due_at, false, epoch, 0, replays, <envelope> from again where due_at is not null
    )
    select coalesce(array_agg(message_id order by new_position), '{}') into redriven from again;
    if v_to.id <> p_subscription then
        perform count_ends(p_subscription, 0, 0, cardinality(redriven));
    end if;
end
$$;
$script$);

-- Gone for good: the given messages, or the oldest p_limit that fit the filter. Returns how many.
create or replace function discard(
    p_subscription integer, p_message_ids uuid[] default null, p_limit integer default 1000, p_filter jsonb default '{}'
) returns integer language plpgsql security definer
set search_path from current
as $$
declare
    v_taken bigint[] := take_dead_letters(p_subscription, p_message_ids, p_limit, p_filter);
    v_count integer;
begin
    delete from dead_letter d where d.subscription_id = p_subscription and d.position = any (v_taken);
    get diagnostics v_count = row_count;
    perform count_ends(p_subscription, 0, v_count, 0);
    return v_count;
end
$$;

-- Repairs a dead letter and redrives it, in the caller's transaction: a new body, new properties (all of them), or both;
-- null leaves what is there. The original is kept in message_change with the database user and p_by, who asked for it.
create or replace function repair(
    p_subscription integer, p_message_id uuid, p_body bytea default null, p_properties jsonb default null,
    p_by text default null
) returns void language plpgsql security definer
set search_path from current
as $$
declare
    v_letter dead_letter;
    v_limit  integer;
begin
    if p_body is null and p_properties is null then
        perform raise_invalid('body', 'null', 'given, or properties; to change nothing use redrive');
    end if;
    perform check_object('properties', p_properties);
    perform check_properties(without_dead_headers(p_properties) - array['#r', '#t', '#o']);
    perform check_length('by', p_by, 255);
    select * into v_letter from dead_letter d
     where d.message_id = p_message_id and d.subscription_id = p_subscription
     order by d.dead_at limit 1 for update;
    if not found then
        perform raise_not_found('dead letter', p_message_id::text);
    end if;
    select max_body_bytes into v_limit from destination where id = v_letter.destination_id;
    if octet_length(p_body) > v_limit then
        perform reject_large_body(octet_length(p_body), v_limit);
    end if;
    perform check_json_depth(p_body, v_letter.content_type, v_limit);
    insert into message_change (
        message_id, subscription_id, changed_at, database_user, changed_by, content_type, properties, body)
    values (p_message_id, p_subscription, clock_timestamp(), session_user, p_by, v_letter.content_type, v_letter.properties,
            v_letter.body);
    update dead_letter d
       set body = coalesce(p_body, d.body), properties = coalesce(p_properties, d.properties)
     where d.subscription_id = p_subscription and d.position = v_letter.position;
    perform redrive(p_subscription, array[p_message_id], 1000);
end
$$;

-- What was changed in a message, oldest first.
create or replace function message_changes(p_message_id uuid)
returns table (
    subscription_id integer, changed_at timestamptz, database_user text, changed_by text, content_type text,
    properties jsonb, body bytea
) language sql stable security definer
set search_path from current
as $$
    select c.subscription_id, c.changed_at, c.database_user, c.changed_by, c.content_type, c.properties, c.body
      from message_change c where c.message_id = p_message_id order by c.changed_at
$$;
