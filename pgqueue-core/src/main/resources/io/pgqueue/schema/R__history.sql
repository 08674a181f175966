-- History: what was published to destinations that keep it, to be read and replayed.
--
-- Promises   A destination with retain_ms stores each message a second time when it is published, matched or not, so that
--            acking and reclaiming know nothing of it; one without pays a null test in a row that publishing reads anyway.
--            Old messages go by TRUNCATE of the leaf of their time. Whoever subscribes from an earlier time gets each
--            message once: those from before out of the history, those from after as they are published.
-- Locks      Publishing to a destination with history: an advisory lock, shared, until the end of the transaction. A new
--            subscription with history takes it exclusively: it waits for those publishers and they for it.
-- Errors     PQ002 an argument, or no history is kept; PQ006 not found; PQ009 publishers did not finish in 10 seconds.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Where a message is kept: retention up to an hour, a day, 14 days and 366 days have six leaves each, four of which cover that
-- time in periods of a quarter; one is being written, one is spare until it is emptied (as docs/adr/0009 does).
create or replace function history_period(p_class integer) returns bigint language sql immutable as $$
    select (array[900000, 21600000, 302400000, 7905600000])[p_class + 1]
$$;

create or replace function history_leaf(p_retain_ms bigint, p_at timestamptz) returns integer language sql immutable as $$
    select 6 * c.class + (floor(extract(epoch from p_at) * 1000)::bigint / (history_period(c.class)) % 6)::integer
      from (select case when p_retain_ms <= 3600000 then 0 when p_retain_ms <= 86400000 then 1
                        when p_retain_ms <= 1209600000 then 2 else 3 end as class) c
$$;

-- Held by those who publish to the destination until they have committed.
create or replace function share_history(p_destination integer) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(hashtext('pgqueue history ' || current_schema()), p_destination);
end
$$;

-- Publishers queue behind who waits for a lock. So this waits a tenth of a second at a time, and lets them through in between.
create or replace function own_history(p_destination integer) returns void language plpgsql
set lock_timeout = '100ms'
as $$
declare
    v_until timestamptz := clock_timestamp() + interval '10 seconds';
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        perform raise_invalid('isolation level', current_setting('transaction_isolation'),
                              'read committed: an older snapshot does not see what was just published');
    end if;
    loop
        begin
            perform pg_advisory_xact_lock(hashtext('pgqueue history ' || current_schema()), p_destination);
            return;
        exception when lock_not_available then
            exit when clock_timestamp() > v_until;
        end;
        perform pg_sleep(0.05);
    end loop;
    perform raise_conflict('Somebody publishes to this topic in a transaction that does not end',
                           'Try again, or end that transaction: horizon() names it.');
end
$$;

-- Messages of a destination in the order of position, behind p_after. Bodies only when asked for.
create or replace function read_history(
    p_destination text, p_limit integer default 100, p_after bigint default 0, p_from timestamptz default '-infinity',
    p_with_body boolean default false
) returns table (
    "position" bigint, message_id uuid, sent_at timestamptz, expires_at timestamptz, priority smallint, group_key text,
    correlation_id text, reply_to text, type text, content_type text, properties jsonb, body_bytes integer, body bytea
) language plpgsql stable security definer
set search_path from current
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_destination destination;
begin
    perform check_limit(p_limit);
    select * into v_destination from destination where name = p_destination;
    if not found then
        perform raise_not_found('destination', p_destination);
    end if;
    return query
    select h.position, h.message_id, h.sent_at, h.expires_at, h.priority, h.group_key, h.correlation_id, h.reply_to, h.type,
           h.content_type, h.properties, coalesce(octet_length(h.body), 0), case when p_with_body then h.body end
      from history h
     where h.destination_id = v_destination.id and h.position > p_after and h.sent_at >= p_from
       and h.sent_at >= clock_timestamp() - coalesce(v_destination.retain_ms, 0) * interval '1 millisecond'
     order by h.position limit p_limit;
end
$$;

-- Gives a subscription what its destination was sent before: from a time on, from a position on, or (both null) all that is
-- kept. Its filter decides; what has expired, and what it has anyway, waiting or dead, is left out. The messages are new at
-- its end, in their old order. Returns how many.
create or replace function rewind(
    p_subscription integer, p_from timestamptz default null, p_position bigint default null
) returns bigint language plpgsql security definer
set search_path from current
as $$
declare
    v_sub         subscription;
    v_destination destination;
begin
    -- Held against a second one at the same time, which would not see what this one replays.
    select * into v_sub from subscription where id = p_subscription for no key update;
    if not found then
        perform raise_not_found('subscription', '#' || p_subscription);
    end if;
    select * into v_destination from destination where id = v_sub.destination_id;
    if v_destination.retain_ms is null then
        perform raise_no_history(v_destination.name);
    end if;
    return replay(v_sub, v_destination, coalesce(p_from, '-infinity'), coalesce(p_position, 0));
end
$$;

create or replace function raise_no_history(p_destination text) returns void language plpgsql as $$
begin
    raise exception using errcode = 'PQ002',
        message = format('%L keeps no history', p_destination),
        hint = 'Set retain_ms of the destination; what is published from then on can be replayed.';
end
$$;

select install_for_each_slot($script$
create or replace function replay(
    p_subscription subscription, p_destination destination, p_from timestamptz, p_position bigint
) returns bigint language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    v_now   timestamptz := clock_timestamp();
    v_slot  smallint := pg_sequence_last_value('ring_state') & 15;
    v_count bigint;
begin
    with there as materialized (
        select m.message_id from delivery d join message m on m.slot = d.slot and m.id = d.position
         where d.subscription_id = p_subscription.id
        union all
        select s.message_id from scheduled s where s.subscription_id = p_subscription.id
        union all
        select l.message_id from dead_letter l where l.subscription_id = p_subscription.id
    ), chosen as materialized (
        select h.leaf, h.position
          from history h
         where h.destination_id = p_destination.id and h.position >= p_position
           and h.sent_at >= greatest(p_from, v_now - p_destination.retain_ms * interval '1 millisecond')
           and (h.expires_at > v_now or h.expires_at is null)
           and meets(p_subscription.filter, p_subscription.body_path, h.properties,
                     header_view(h.message_id, h.priority, h.sent_at, h.expires_at, null, h.correlation_id, h.type, h.properties),
                     h.body, h.content_type)
           and not exists (select from there x where x.message_id = h.message_id)
    ), again as materialized (
        select c.leaf, c.position, nextval('position') as new_position from (select * from chosen order by position) c
    ), stored as (
        insert into message (id, expires_at, slot, <envelope except replace_key, tracked>)
        select a.new_position, h.expires_at, v_slot, <h.envelope except replace_key, tracked>
          from again a join history h on h.leaf = a.leaf and h.position = a.position
         where h.destination_id = p_destination.id
    ), ready as (
        insert into delivery (position, subscription_id, body_bytes, slot, priority, ready_at, group_key)
        select a.new_position, p_subscription.id, coalesce(octet_length(h.body), 0), v_slot, lane_of(h.priority, h.group_key),
               v_now, h.group_key
          from again a join history h on h.leaf = a.leaf and h.position = a.position
         where h.destination_id = p_destination.id
        returning 1)
    select count(*) into v_count from ready;
    return v_count;
end
$$;
$script$);

-- Empties the leaves whose messages are all older than anybody keeps them; called by maintenance. One that somebody reads at
-- the moment is emptied another time.
create or replace function drop_old_history(p_now timestamptz default clock_timestamp()) returns integer language plpgsql as $$
declare
    v_longest bigint := (select coalesce(max(retain_ms), 0) from destination);
    v_now_ms  bigint := floor(extract(epoch from p_now) * 1000);
    v_period  bigint;
    v_last    bigint;
    v_count   integer := 0;
begin
    for v_class in 0 .. 3 loop
        v_period := history_period(v_class);
        for i in 0 .. 5 loop
            -- The latest period that this leaf was for, the current one included.
            v_last := v_now_ms / v_period - (v_now_ms / v_period - i + 6) % 6;
            if (v_last + 1) * v_period + least(v_longest, 4 * v_period) <= v_now_ms then
                v_count := v_count + empty_history_leaf(6 * v_class + i);
            end if;
        end loop;
    end loop;
    return v_count;
end
$$;

create or replace function empty_history_leaf(p_leaf integer) returns integer language plpgsql as $$
begin
    if pg_relation_size(format('history_%s', p_leaf)::regclass) = 0 then
        return 0;
    end if;
    -- A name made of a number of ours; one statement for each leaf would be a page of them.
    execute format('truncate history_%s', p_leaf);
    return 1;
exception when lock_not_available then
    return 0;
end
$$;
