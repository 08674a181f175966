-- Settling: ack, nack, extend, release.
--
-- Promises   Every statement is fenced by the epoch: what was leased again since, moved or put away is not touched and is
--            reported as stale. The clock does not matter: an ack after the lease's end is valid while nobody took over.
--            A delivery is named by slot, subscription, priority, position and epoch, all of which receive() returned;
--            one call settles deliveries of one slot, subscription and priority, which is one range of the leaf's index:
--            with position = any (...) the plan does not depend on statistics, a join with unnest did and was six times
--            slower. Positions and epochs are parallel arrays in the order of position: the
--            range from the first to the last is what PostgreSQL 15 and 16 walk, which otherwise take = any (...) for a
--            filter and walk everything of that priority.
-- Locks      ROW EXCLUSIVE on one delivery leaf, row locks in the order of position.
-- Errors     PQ002 a delay or lease out of range.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- One delivery; true when it was still ours.
select install_for_each_slot($script$
create or replace function ack(
    p_slot integer, p_subscription integer, p_priority smallint, p_position bigint, p_epoch integer
) returns boolean language plpgsql security definer
set search_path from current
set enable_seqscan = off
as $$
declare
    v_ended boolean;
begin
    /*in slot p_slot*/
        delete from delivery_<k>
         where subscription_id = p_subscription and priority = p_priority and position = p_position and epoch = p_epoch
        returning case when tracked then ended(position, subscription_id, 'ACKED') else true end into v_ended;
    /*end*/
    return found;
end
$$;
$script$);

-- Many; returns the positions that were still ours.
select install_for_each_slot($script$
create or replace function ack(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[]
) returns bigint[] language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_done bigint[];
begin
    /*in slot p_slot*/
        with done as (
            delete from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
               and d.position between p_positions[1] and p_positions[cardinality(p_positions)]
               and d.epoch = p_epochs[array_position(p_positions, d.position)]
            returning d.position, case when d.tracked then ended(d.position, d.subscription_id, 'ACKED') end)
        select array_agg(position) into v_done from done;
    /*end*/
    return coalesce(v_done, '{}');
end
$$;
$script$);

-- Failed: back after p_delay_ms (0 at once), or after the subscription's backoff when that is null; to the dead letters
-- when the attempts are used up, or at once when a reason is given. Returns a row for each delivery that was still ours.
-- Backoff after failed attempt n: least(max, base * multiplier ^ (n - 1)), then plus or minus the jitter.
select install_for_each_slot($script$
create or replace function nack(
    p_slot         integer,
    p_subscription integer,
    p_priority     smallint,
    p_positions    bigint[],
    p_epochs       integer[],
    p_delay_ms     bigint default null,
    p_reason       text   default null,
    p_error_class  text   default null,
    p_error        text   default null,
    p_stack        text   default null,
    out "position" bigint,
    out outcome    text,
    out available_at timestamptz
) returns setof record language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    v_now   timestamptz := clock_timestamp();
    v_sub   subscription;
    v_held  record;
begin
    if p_delay_ms not between 0 and 31622400000 then
        perform raise_invalid('delay_ms', p_delay_ms::text, '0 to 31622400000');
    end if;
    select * into v_sub from subscription s where s.id = p_subscription;
    for v_held in
        select u.position, u.epoch, 0 as attempts from unnest(p_positions, p_epochs) as u (position, epoch) order by u.position
    loop
        /*in slot p_slot*/
            select d.position, d.epoch, d.attempts into v_held from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority
               and d.position = v_held.position and d.epoch = v_held.epoch
               for update;
        /*end*/
        continue when not found;
        position := v_held.position;
        available_at := null;
        if p_reason is not null or v_sub.max_attempts > 0 and v_held.attempts >= v_sub.max_attempts then
            perform bury(p_slot, p_subscription, p_priority, array[v_held.position],
                         coalesce(p_reason, 'MAX_ATTEMPTS'), p_error_class, p_error, p_stack, v_now, true);
            outcome := 'dead';
        else
            available_at := v_now + interval '1 millisecond' * coalesce(p_delay_ms,
                least(v_sub.backoff_max_ms,
                      v_sub.backoff_base_ms * power(v_sub.backoff_multiplier, least(v_held.attempts - 1, 64)))
                * (1 + v_sub.jitter_percent * (2 * random() - 1) / 100));
            outcome := 'retry';
            /*in slot p_slot*/
                if available_at <= v_now then
                    update delivery_<k> d
                       set lease_until = '-infinity', epoch = d.epoch + 1,
                           first_failed_at = coalesce(d.first_failed_at, v_now)
                     where d.subscription_id = p_subscription and d.priority = p_priority
                       and d.position = v_held.position;
                else
                    with gone as (
                        delete from delivery_<k> d
                         where d.subscription_id = p_subscription and d.priority = p_priority
                           and d.position = v_held.position
                        returning d.*)
                    insert into scheduled (
                        subscription_id, position, due_at, retrying, epoch, attempts, replays, first_failed_at,
                        expires_at, ready_at, <envelope>)
                    select g.subscription_id, g.position, available_at, true, g.epoch + 1, g.attempts, g.replays,
                           coalesce(g.first_failed_at, v_now), m.expires_at, m.ready_at, <m.envelope>
                      from gone g join message_<k> m on m.id = g.position;
                end if;
            /*end*/
        end if;
        return next;
    end loop;
end
$$;
$script$);

-- Holds on for p_lease_ms from now; returns the positions that were still ours.
select install_for_each_slot($script$
create or replace function extend(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[],
    p_lease_ms bigint
) returns bigint[] language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_until timestamptz;
    v_done  bigint[];
begin
    if p_lease_ms is null or p_lease_ms not between 1000 and 43200000 then
        perform raise_invalid('lease_ms', p_lease_ms::text, '1000 to 43200000');
    end if;
    v_until := clock_timestamp() + p_lease_ms * interval '1 millisecond';
    /*in slot p_slot*/
        with done as (
            update delivery_<k> d set lease_until = v_until
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
               and d.position between p_positions[1] and p_positions[cardinality(p_positions)]
               and d.epoch = p_epochs[array_position(p_positions, d.position)]
            returning d.position)
        select array_agg(position) into v_done from done;
    /*end*/
    return coalesce(v_done, '{}');
end
$$;
$script$);

-- Gives back what no handler ever saw: ready at once, the attempt not counted, the epoch moved on.
select install_for_each_slot($script$
create or replace function release(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[]
) returns bigint[] language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_done bigint[];
begin
    /*in slot p_slot*/
        with done as (
            update delivery_<k> d set lease_until = '-infinity', epoch = d.epoch + 1, attempts = d.attempts - 1
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
               and d.position between p_positions[1] and p_positions[cardinality(p_positions)]
               and d.epoch = p_epochs[array_position(p_positions, d.position)]
            returning d.position)
        select array_agg(position) into v_done from done;
    /*end*/
    return coalesce(v_done, '{}');
end
$$;
$script$);
