-- Cancelling and rescheduling what was published: by message id, or by correlation id, group or selector in a destination.
--
-- Promises   Part of the caller's transaction, like publishing. What waits is taken for certain: when it moves between the
--            ring and `scheduled` while we look for it, we look again. Of what is leased the row goes, so the worker's ack
--            is stale. Nothing is cancelled or moved half: reschedule() moves all deliveries asked for, or none.
-- Locks      Row locks in the order of subscription, then position; it waits for a worker that is just settling the same
--            delivery. ROW EXCLUSIVE on the leaves that hold one, and on scheduled. The search looks into all sixteen slots
--            and gives those locks back: it runs in a subtransaction that is rolled back.
-- Errors     PQ002 a time or limit out of range, or a time at which the message has expired; PQ004 a filter; 40001 the delivery moved too
--            often; and, at REPEATABLE READ, when it changed since the transaction's snapshot.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Where the deliveries of a message are, or of the messages of a destination with a replace key: the arguments that are null
-- find nothing. One statement and so one snapshot: two looks, one after the other, could miss what moves the other way in
-- between.
create or replace function places_of(
    p_message_id uuid, p_subscription integer, p_destination integer default null, p_replace_key text default null
) returns place[] language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set max_parallel_workers_per_gather = 0
as $$
declare
    v_places place[];
begin
    begin
        select array_agg((f.subscription_id, f.priority, f.position, f.slot)::place order by f.subscription_id, f.position)
          into v_places
          from (select s.subscription_id, s.priority, s.position, -1 as slot
                  from scheduled s
                 where s.message_id = p_message_id
                    or s.destination_id = p_destination and s.replace_key = p_replace_key
                union all
                select d.subscription_id, d.priority, d.position, d.slot
                  from message m
                  join subscription s on s.destination_id = m.destination_id
                 cross join lateral (values (m.priority), ((m.priority + 10)::smallint)) as lane (priority)
                 cross join lateral (
                       select o.subscription_id, o.priority, o.position, o.slot from delivery o
                        where o.slot = m.slot and o.subscription_id = s.id and o.priority = lane.priority
                          and o.position = m.id
                       offset 0) d
                 where m.message_id = p_message_id
                union all
                select d.subscription_id, d.priority, d.position, d.slot
                  from subscription s
                  join delivery d on d.subscription_id = s.id and d.replace_key = p_replace_key
                 where s.destination_id = p_destination) f
         where p_subscription is null or f.subscription_id = p_subscription;
        raise sqlstate 'PQ099';
    exception when sqlstate 'PQ099' then
        return v_places;
    end;
end
$$;

-- The oldest p_limit that fulfil all the conditions given. Walks everything that waits for the destination, except in
-- `scheduled` when a correlation id is given, which is indexed there.
create or replace function places_in_destination(
    p_destination integer, p_correlation_id text, p_group_key text, p_filter jsonpath, p_limit integer
) returns place[] language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
-- Conditions that are not given must leave the plan.
set plan_cache_mode = force_custom_plan
set max_parallel_workers_per_gather = 0
as $$
declare
    v_subscriptions integer[] := array(select id from subscription where destination_id = p_destination);
    v_places        place[];
begin
    begin
        select array_agg((f.subscription_id, f.priority, f.position, f.slot)::place order by f.subscription_id, f.position)
          into v_places
          from (select s.subscription_id, s.priority, s.position, -1 as slot
                  from scheduled s
                 where s.subscription_id = any (v_subscriptions)
                   and (p_correlation_id is null or s.correlation_id = p_correlation_id)
                   and (p_group_key is null or s.group_key = p_group_key)
                   and (p_filter is null or jsonb_path_match(coalesce(s.properties, '{}'), p_filter,
                           header_view(s.message_id, s.priority, s.sent_at, s.expires_at, s.due_at, s.correlation_id, s.type,
                                       s.properties),
                           true))
                union all
                select d.subscription_id, d.priority, d.position, d.slot
                  from delivery d
                  join message m on m.slot = d.slot and m.id = d.position
                 where d.subscription_id = any (v_subscriptions)
                   and (p_correlation_id is null or m.correlation_id = p_correlation_id)
                   and (p_group_key is null or d.group_key = p_group_key)
                   and (p_filter is null or jsonb_path_match(coalesce(m.properties, '{}'), p_filter,
                           header_view(m.message_id, m.priority, m.sent_at, m.expires_at, d.ready_at, m.correlation_id, m.type,
                                       m.properties),
                           true))
                 order by position limit p_limit) f;
        raise sqlstate 'PQ099';
    exception when sqlstate 'PQ099' then
        return v_places;
    end;
end
$$;

create or replace function raise_moving() returns void language plpgsql as $$
begin
    raise exception using errcode = '40001',
        message = 'A delivery was moved on again each time it was found',
        hint = 'Repeat the transaction.';
end
$$;

-- Removes the delivery; whether it was leased, null when it is not there any more.
select install_for_each_slot($script$
create or replace function remove_delivery(p_place place) returns boolean language plpgsql
set enable_seqscan = off
as $$
declare
    v_slot   integer := p_place.slot;
    v_leased boolean;
    v_ended  boolean;
begin
    if v_slot < 0 then
        delete from scheduled s
         where s.subscription_id = p_place.subscription_id and s.position = p_place.position
        returning false, case when s.tracked then ended(s.position, s.subscription_id, 'CANCELLED') end
             into v_leased, v_ended;
        perform count_ends(p_place.subscription_id, 0, (v_leased is not null)::integer, 0);
        return v_leased;
    end if;
    /*in slot v_slot*/
        delete from delivery_<k> d
         where d.subscription_id = p_place.subscription_id and d.priority = p_place.priority
           and d.position = p_place.position
        returning d.lease_until > clock_timestamp(),
                  case when d.tracked then ended(d.position, d.subscription_id, 'CANCELLED') end
             into v_leased, v_ended;
    /*end*/
    perform count_ends(p_place.subscription_id, 0, (v_leased is not null)::integer, 0);
    return v_leased;
end
$$;

-- Locks the delivery until the transaction ends. When its lease ends: -infinity where there is none, as always in `scheduled`,
-- and null when it is not there any more. When its message expires, and when it is due, null for what is ready.
create or replace function lock_delivery(
    p_place place, out lease_until timestamptz, out expires_at timestamptz, out due_at timestamptz
) language plpgsql
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_slot integer := p_place.slot;
begin
    if v_slot < 0 then
        select '-infinity', coalesce(s.expires_at, 'infinity'), s.due_at into lease_until, expires_at, due_at
          from scheduled s
         where s.subscription_id = p_place.subscription_id and s.position = p_place.position for update;
        return;
    end if;
    /*in slot v_slot*/
        select d.lease_until into lease_until from delivery_<k> d
         where d.subscription_id = p_place.subscription_id and d.priority = p_place.priority
           and d.position = p_place.position for update;
        if found then
            select coalesce(m.expires_at, 'infinity') into expires_at from message_<k> m where m.id = p_place.position;
        end if;
    /*end*/
end
$$;

-- Gives a delivery that is locked and not leased a new time; in `scheduled` it is due then as if its sender had said so, and
-- its group goes on without it.
create or replace function move_to_time(p_place place, p_due_at timestamptz, p_now timestamptz) returns void
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_slot integer := p_place.slot;
begin
    if v_slot < 0 then
        update scheduled s set due_at = greatest(p_due_at, p_now), retrying = false, has_turn = false
         where s.subscription_id = p_place.subscription_id and s.position = p_place.position;
    elsif p_due_at > p_now then
        /*in slot v_slot*/
            with gone as (
                delete from delivery_<k> d
                 where d.subscription_id = p_place.subscription_id and d.priority = p_place.priority
                   and d.position = p_place.position
                returning d.*)
            insert into scheduled (
                subscription_id, position, due_at, retrying, epoch, attempts, replays, failures, first_failed_at, expires_at,
                ready_at, <envelope>)
            select g.subscription_id, g.position, p_due_at, false, g.epoch + 1, g.attempts, g.replays, g.failures,
                   g.first_failed_at, m.expires_at, g.ready_at, <m.envelope>
              from gone g join message_<k> m on m.id = g.position;
        /*end*/
    end if;
end
$$;
$script$);

-- The deliveries of a message: one subscription's, or all. A row for each that was found: cancelled (it waited),
-- was_leased (its worker's ack is stale now) or finished (a dead letter, which stays). No row: nothing waits; it was
-- acked, expired or cancelled before, or never existed.
create or replace function cancel(p_message_id uuid, p_subscription integer default null)
returns table (subscription_id integer, subscription text, outcome text) language plpgsql security definer
set search_path from current
as $$
#variable_conflict use_column
declare
    v_places place[];
    v_place  place;
    v_leased boolean;
    v_moved  boolean;
begin
    for v_round in 1 .. 20 loop
        v_places := places_of(p_message_id, p_subscription);
        v_moved := false;
        foreach v_place in array coalesce(v_places, '{}') loop
            v_leased := remove_delivery(v_place);
            if v_leased is null then
                v_moved := true;
            else
                return query
                select s.id, s.name, case when v_leased then 'was_leased' else 'cancelled' end
                  from subscription s where s.id = v_place.subscription_id;
            end if;
        end loop;
        if not v_moved then
            return query
            select s.id, s.name, 'finished'
              from dead_letter d join subscription s on s.id = d.subscription_id
             where d.message_id = p_message_id and (p_subscription is null or d.subscription_id = p_subscription)
             order by s.id;
            return;
        end if;
    end loop;
    perform raise_moving();
end
$$;

-- At most p_limit deliveries of a destination, the oldest first: of those that have this correlation id, and are of this
-- group, and for which the filter is true; at least one of the three must be given. Returns how many, and of which
-- subscriptions; null when there is no such destination, because a client may remember an old id (docs/adr/0004).
create or replace function cancel_matching(
    p_destination     integer,
    p_correlation_id  text     default null,
    p_group_key       text     default null,
    p_filter          jsonpath default null,
    p_limit           integer  default 1000,
    out cancelled     integer,
    out subscriptions integer[]
) language plpgsql security definer
set search_path from current
as $$
declare
    v_places place[];
    v_place  place;
    v_moved  boolean;
begin
    perform check_limit(p_limit);
    if p_correlation_id is null and p_group_key is null and p_filter is null then
        perform raise_invalid('filter', 'absent', 'given, or a correlation id, or a group; purge() removes everything');
    end if;
    perform check_predicate('filter', p_filter);
    if not exists (select from destination where id = p_destination) then
        return;
    end if;
    cancelled := 0;
    subscriptions := '{}';
    for v_round in 1 .. 20 loop
        v_places := places_in_destination(p_destination, p_correlation_id, p_group_key, p_filter, p_limit - cancelled);
        v_moved := false;
        foreach v_place in array coalesce(v_places, '{}') loop
            if remove_delivery(v_place) is null then
                v_moved := true;
            else
                cancelled := cancelled + 1;
                if v_place.subscription_id <> all (subscriptions) then
                    subscriptions := subscriptions || v_place.subscription_id;
                end if;
            end if;
        end loop;
        if not v_moved or cancelled >= p_limit then
            return;
        end if;
    end loop;
    perform raise_moving();
end
$$;

-- A new time for the deliveries of a message that wait, one subscription's or all; a time in the past means now. Attempts
-- stay. A row for each: rescheduled; or, when one is leased, a row `leased` for each leased one and nothing is moved. No
-- row: nothing waits.
create or replace function reschedule(p_message_id uuid, p_deliver_at timestamptz, p_subscription integer default null)
returns table (subscription_id integer, subscription text, outcome text) language plpgsql security definer
set search_path from current
as $$
#variable_conflict use_column
declare
    v_now    timestamptz := clock_timestamp();
    v_places place[];
    v_leased integer[];
    v_place  place;
    v_held   record;
    v_moved  boolean;
begin
    if p_deliver_at is null then
        perform raise_invalid('delivery time', null, 'given');
    end if;
    perform check_delivery_time(p_deliver_at, v_now);
    for v_round in 1 .. 20 loop
        v_places := coalesce(places_of(p_message_id, p_subscription), '{}');
        v_leased := '{}';
        v_moved := false;
        foreach v_place in array v_places loop
            select * into v_held from lock_delivery(v_place);
            if v_held.lease_until > v_now then
                v_leased := v_leased || v_place.subscription_id;
            elsif v_held.expires_at <= p_deliver_at then
                perform raise_invalid('delivery time', p_deliver_at::text,
                                      format('before %s, when the message expires', v_held.expires_at));
            end if;
            v_moved := v_moved or v_held.lease_until is null;
        end loop;
        continue when v_moved;
        if v_leased = '{}' then
            foreach v_place in array v_places loop
                perform move_to_time(v_place, p_deliver_at, v_now);
            end loop;
        end if;
        return query
        select s.id, s.name, case when v_leased = '{}' then 'rescheduled' else 'leased' end
          from subscription s
         where s.id = any (case when v_leased = '{}' then array(select (unnest(v_places)).subscription_id) else v_leased end)
         order by s.id;
        return;
    end loop;
    perform raise_moving();
end
$$;
