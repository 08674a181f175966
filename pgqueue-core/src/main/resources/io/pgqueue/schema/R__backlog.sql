-- The backlog: what waits in a subscription, as a whole and one by one.
--
-- Promises   Dead letters stay. What another session is just settling is left to it, neither waited for nor counted. Of what
--            is leased and goes, the worker's ack is stale.
-- Locks      Row locks on what goes or moves; ROW EXCLUSIVE on the leaves.
-- Errors     PQ002 an argument, PQ003 a property, PQ004 a filter, PQ006 not found, PQ009 a delivery is leased.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

create or replace function check_backlog_filter(p_filter jsonb) returns void language plpgsql as $$
declare
    v_part record;
begin
    perform check_object('filter', p_filter);
    for v_part in select key, value #>> '{}' as value, jsonb_typeof(value) as kind from jsonb_each(p_filter) loop
        if v_part.kind is distinct from (case v_part.key when 'filter' then 'string' when 'min_age_ms' then 'number' end) then
            perform raise_invalid(quote_literal(v_part.key), quote_literal(v_part.value), 'filter (text) or min_age_ms (number)');
        end if;
        if v_part.key = 'min_age_ms' then
            perform check_age(v_part.key, v_part.value::numeric);
        else
            perform checked_path('filter', v_part.value);
        end if;
    end loop;
end
$$;

-- All slots, for a walk with a snapshot for each: what is promoted or carried over meanwhile comes into the current one.
create or replace function slots_current_last() returns integer[] language sql volatile as $$
    select array_agg(((pg_sequence_last_value('ring_state') & 15)::integer + i) % 16 order by i) from generate_series(1, 16) i
$$;

-- Discards what waits: ready, delayed, retrying; with p_leased also what is being handled. All of it, or what fits
-- {"filter": jsonpath, "min_age_ms": since it was sent}. Returns how many.
create or replace function purge(p_subscription integer, p_leased boolean default false, p_filter jsonb default '{}')
returns bigint language plpgsql security definer
set search_path from current
set enable_seqscan = off
as $$
declare
    v_path   jsonpath;
    v_until  timestamptz;
    v_leased timestamptz := case when p_leased then 'infinity' else clock_timestamp() end;
    v_slot   integer;
    v_total  bigint;
begin
    perform check_backlog_filter(p_filter);
    v_path := (p_filter ->> 'filter')::jsonpath;
    v_until := coalesce(clock_timestamp() - (p_filter ->> 'min_age_ms')::bigint * interval '1 millisecond', 'infinity');
    with gone as (
        delete from scheduled d
         where d.ctid = any (array(
               select o.ctid from scheduled o
                where o.subscription_id = p_subscription and o.sent_at <= v_until
                  and (v_path is null
                       or meets(v_path, null, o.properties,
                                header_view(o.message_id, o.priority, o.sent_at, o.expires_at, o.due_at, o.correlation_id, o.type,
                                            o.properties), null, null))
                  for update skip locked))
        returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
    select count(*) into v_total from gone;
    foreach v_slot in array slots_current_last() loop
        v_total := v_total + purge_slot(v_slot, p_subscription, v_leased, p_filter = '{}', v_path, v_until);
    end loop;
    perform count_ends(p_subscription, 0, v_total, 0);
    return v_total;
end
$$;

select install_for_each_slot($script$
create or replace function purge_slot(
    p_slot integer, p_subscription integer, p_leased timestamptz, p_all boolean, p_path jsonpath, p_until timestamptz
) returns bigint language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
as $$
declare
    v_count bigint;
begin
    /*in slot p_slot*/
        if not exists (select from delivery_<k>) then
            return 0;
        end if;
        with gone as (
            delete from delivery_<k> d
             where d.ctid = any (array(
                   select o.ctid from delivery_<k> o
                    where o.subscription_id = p_subscription and o.lease_until <= p_leased
                      -- A value, because the rows of an EXISTS may be hashed, which reads all messages of the slot.
                      and (p_all or (
                           select m.sent_at <= p_until
                                  and (p_path is null
                                       or meets(p_path, null, m.properties,
                                                header_view(m.message_id, m.priority, m.sent_at, m.expires_at, o.ready_at,
                                                            m.correlation_id, m.type, m.properties), null, null))
                             from message_<k> m where m.id = o.position))
                      for update skip locked))
            returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
        select count(*) into v_count from gone;
    /*end*/
    return v_count;
end
$$;
$script$);

-- Of what is ready from one position to another the oldest p_limit, at most 1000, in the order of position; null when there is
-- none. The index has that order within a lane of a slot only: each lane in use is walked by a merge over the slots, and no
-- further than p_limit rows, however long the backlog. (The constant limit says so to the planner, which knows neither
-- p_limit nor how much there is, and would sort a lane.) The locks on all slots are given back.
create or replace function oldest_ready(
    p_subscription integer, p_now timestamptz, p_from bigint, p_to bigint, p_limit integer
) returns place[] language plpgsql
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_places place[];
begin
    begin
        with recursive lane as (
            select 20 as lane
            union all
            select (select d.priority from delivery d
                     where d.subscription_id = p_subscription and d.priority < l.lane
                     order by d.priority desc, d.position limit 1)::integer
              from lane l where l.lane is not null)
        select array_agg((p_subscription, o.priority, o.position, o.slot)::place order by o.position) into v_places
          from (select c.priority, c.position, c.slot
                  from lane l
                 cross join lateral (
                       select w.* from (
                              select d.priority, d.position, d.slot from delivery d
                               where d.subscription_id = p_subscription and d.priority = l.lane::smallint
                                 and d.position between p_from and p_to and d.lease_until <= p_now
                               order by d.position limit 1000) w
                        limit p_limit) c
                 where l.lane < 20
                 order by c.position limit p_limit) o;
        raise sqlstate 'PQ099';
    exception when sqlstate 'PQ099' then
        return v_places;
    end;
end
$$;

-- Locks those of the positions, given in ascending order, that are still ready and that nobody else has locked.
select install_for_each_slot($script$
create or replace function lock_ready(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_now timestamptz,
    p_most integer default null
) returns bigint[] language plpgsql
set enable_seqscan = off
as $$
declare
    v_locked bigint[];
begin
    /*in slot p_slot*/
        v_locked := array(
            select d.position from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
               and d.position between p_positions[1] and p_positions[cardinality(p_positions)] and d.lease_until <= p_now
             order by d.position limit p_most for update skip locked);
    /*end*/
    return v_locked;
end
$$;
$script$);

-- The oldest p_limit ready deliveries go to the end of another queue: new there, with attempts 0 and that queue's delay and
-- retention. What is leased or not due stays (stats() counts it), and so does what others have locked. Fewer than p_limit:
-- nothing more is ready. Who repeats the call gives up_to back, so that what is sent meanwhile stays.
create or replace function move_backlog(
    p_subscription integer, p_to text, p_limit integer default 1000, p_up_to bigint default null,
    out moved integer, out up_to bigint
) language plpgsql security definer
set search_path from current
as $$
declare
    v_now    timestamptz := clock_timestamp();
    v_to     subscription := target_queue('to', p_to);
    v_from   bigint := 0;
    v_places place[];
    v_taken  place[] := '{}';
    v_group  record;
begin
    perform check_limit(p_limit);
    if v_to.id = p_subscription then
        perform raise_invalid('to', quote_literal(p_to), 'another queue');
    end if;
    up_to := coalesce(p_up_to, pg_sequence_last_value('position'), 0);
    perform promote_in_turn(p_subscription, v_now, p_limit, true);
    loop
        v_places := oldest_ready(p_subscription, v_now, v_from, up_to, p_limit - cardinality(v_taken));
        exit when v_places is null;
        v_from := v_places[cardinality(v_places)].position + 1;
        for v_group in
            select p.slot, p.priority, array_agg(p.position order by p.position) as positions
              from unnest(v_places) p group by p.slot, p.priority order by p.slot, p.priority
        loop
            v_taken := v_taken || array(
                select (p_subscription, v_group.priority, l.position, v_group.slot)::place
                  from unnest(lock_ready(v_group.slot, p_subscription, v_group.priority, v_group.positions, v_now))
                       as l (position));
        end loop;
        exit when cardinality(v_taken) = p_limit;
    end loop;
    moved := cardinality(v_taken);
    -- New positions in the order of the old ones, whatever slot and priority they are in.
    for v_group in
        with numbered as materialized (
            select o.slot, o.priority, o.position, nextval('position') as new_position
              from (select * from unnest(v_taken) order by position) o)
        select n.slot, n.priority, array_agg(n.position order by n.position) as positions,
               array_agg(n.new_position order by n.position) as new_positions
          from numbered n group by n.slot, n.priority order by n.slot, n.priority
    loop
        moved := moved - cardinality(send_away(v_group.slot, p_subscription, v_group.priority, v_group.positions, v_to.id, null,
                                               null, null, v_now, v_group.new_positions));
    end loop;
end
$$;

create or replace function check_paused(p_paused boolean) returns void language plpgsql as $$
begin
    if p_paused is null then
        perform raise_invalid('paused', null, 'true or false');
    end if;
end
$$;

create or replace function set_paused(p_subscription integer, p_paused boolean) returns void language plpgsql security definer
set search_path from current
as $$
begin
    perform check_paused(p_paused);
    update subscription set paused = p_paused, updated_at = clock_timestamp() where id = p_subscription;
    if not found then
        perform raise_not_found('subscription', '#' || p_subscription);
    end if;
end
$$;

-- All subscriptions that a topic has now; returns the ids of those that this changed.
create or replace function set_topic_paused(p_topic text, p_paused boolean) returns setof integer language plpgsql
security definer
set search_path from current
as $$
declare
    v_topic integer := (select id from destination where name = p_topic and kind = 'topic');
begin
    perform check_paused(p_paused);
    if v_topic is null then
        perform raise_not_found('topic', p_topic);
    end if;
    return query
    with chosen as materialized (
        select s.id from subscription s where s.destination_id = v_topic and s.paused <> p_paused order by s.id for update)
    update subscription u set paused = p_paused, updated_at = clock_timestamp() from chosen c where u.id = c.id returning u.id;
end
$$;

-- Where a message is now: a row for each subscription that has it, waiting, leased or dead. state is ready, leased, delayed,
-- retrying or dead; since: due time, end of the lease, or time of death. The body only when asked for.
create or replace function find_message(p_message_id uuid, p_with_body boolean default false)
returns table (
    topic text, subscription text, state text, since timestamptz, "position" bigint, consumer text, attempts integer,
    replays smallint, sent_at timestamptz, expires_at timestamptz, priority smallint, group_key text, correlation_id text,
    reply_to text, type text, content_type text, properties jsonb, body_bytes integer, body bytea
) language plpgsql stable security definer
set search_path from current
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return query
    select case when not s.implicit then t.name end, s.name, f.state, f.since, f.position, f.consumer, f.attempts, f.replays,
           f.sent_at, f.expires_at, f.priority, f.group_key, f.correlation_id, f.reply_to, f.type, f.content_type, f.properties,
           coalesce(octet_length(f.body), 0), case when p_with_body then f.body end
      from (select d.subscription_id, case when d.lease_until > clock_timestamp() then 'leased' else 'ready' end as state,
                   nullif(d.lease_until, '-infinity') as since, d.position, h.name as consumer, d.attempts, d.replays, m.sent_at,
                   m.expires_at, m.priority, m.group_key, m.correlation_id, m.reply_to, m.type, m.content_type, m.properties, m.body
              from unnest(places_of(p_message_id, null)) p
              join delivery d on d.slot = p.slot and d.subscription_id = p.subscription_id and d.priority = p.priority
                             and d.position = p.position
              join message m on m.slot = p.slot and m.id = p.position
              left join holder h on h.id = d.holder
            union all
            select c.subscription_id, case when c.due_at <= clock_timestamp() then 'ready' when c.retrying then 'retrying' else 'delayed' end,
                   c.due_at, c.position, null, c.attempts, c.replays, c.sent_at, c.expires_at, c.priority, c.group_key,
                   c.correlation_id, c.reply_to, c.type, c.content_type, c.properties, c.body
              from scheduled c where c.message_id = p_message_id
            union all
            select l.subscription_id, 'dead', l.dead_at, l.position, l.consumer, l.attempts, l.replays, l.sent_at, l.expires_at,
                   l.priority, l.group_key, l.correlation_id, l.reply_to, l.type, l.content_type, l.properties, l.body
              from dead_letter l where l.message_id = p_message_id) f
      join subscription s on s.id = f.subscription_id
      join destination t on t.id = s.destination_id
     order by s.id, f.position;
end
$$;

-- New properties (all of them) for a message that waits, for every subscription that has it; filters, which were decided when
-- it was published, are not asked again. The original is kept in message_change. Refused while a consumer holds it.
select install_for_each_slot($script$
create or replace function edit_properties(p_message_id uuid, p_properties jsonb, p_by text default null) returns integer
language plpgsql security definer
set search_path from current
as $$
declare
    v_places place[];
    v_place  place;
    v_slot   integer;
    v_held   record;
    v_moved  boolean;
begin
    perform check_object('properties', p_properties);
    perform check_properties(without_dead_headers(p_properties) - array['#r', '#t', '#o']);
    perform check_length('by', p_by, 255);
    for v_round in 1 .. 20 loop
        v_places := coalesce(places_of(p_message_id, null), '{}');
        v_moved := false;
        foreach v_place in array v_places loop
            select * into v_held from lock_delivery(v_place);
            if v_held.lease_until > clock_timestamp() then
                perform raise_conflict(format('Message %s is being handled', p_message_id),
                                       'Wait until its consumer has settled it, or release the lease.');
            end if;
            v_moved := v_moved or v_held.lease_until is null;
        end loop;
        continue when v_moved;
        if v_places = '{}' then
            perform raise_not_found('waiting message', p_message_id::text);
        end if;
        foreach v_place in array v_places loop
            v_slot := v_place.slot;
            if v_slot < 0 then
                insert into message_change (message_id, subscription_id, changed_at, database_user, changed_by, properties)
                select p_message_id, v_place.subscription_id, clock_timestamp(), session_user, p_by, s.properties
                  from scheduled s where s.subscription_id = v_place.subscription_id and s.position = v_place.position;
                update scheduled s set properties = p_properties
                 where s.subscription_id = v_place.subscription_id and s.position = v_place.position;
            else
                /*in slot v_slot*/
                    insert into message_change (message_id, subscription_id, changed_at, database_user, changed_by, properties)
                    select p_message_id, v_place.subscription_id, clock_timestamp(), session_user, p_by, m.properties
                      from message_<k> m where m.id = v_place.position;
                    update message_<k> m set properties = p_properties
                     where m.id = v_place.position and m.properties is distinct from p_properties;
                /*end*/
            end if;
        end loop;
        return cardinality(v_places);
    end loop;
    perform raise_moving();
end
$$;
$script$);
