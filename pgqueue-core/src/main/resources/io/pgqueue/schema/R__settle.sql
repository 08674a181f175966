-- Settling: ack, nack, snooze, extend, release.
--
-- Promises   Every statement is fenced by the epoch: what was leased again since, moved or put away is not touched and is
--            reported as stale. The clock does not matter: an ack after the lease's end is valid while nobody took over.
--            A delivery is named by slot, subscription, priority, position and epoch, all of which receive() returned;
--            one call settles deliveries of one slot, subscription and priority, which is one range of the leaf's index:
--            with position = any (...) the plan does not depend on statistics, a join with unnest did and was six times
--            slower. Positions and epochs are parallel arrays in the order of position: the
--            range from the first to the last is what PostgreSQL 15 and 16 walk, which otherwise take = any (...) for a
--            filter and walk everything of that priority; and width_bucket() finds a position's place by halving, where
--            array_position() would look at all before it, for each. What it finds is compared, so that arrays in another order
--            leave something out as stale, and never take one delivery's epoch for another's.
-- Locks      ROW EXCLUSIVE on one delivery leaf, row locks in the order of position. extend and the releases by hand skip
--            what others have locked.
-- Errors     PQ002 a delay or lease out of range, PQ006 unknown subscription (release by hand).
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- The epoch that all of them have, null when they differ.
create or replace function shared_epoch(p_positions bigint[], p_epochs integer[]) returns integer language sql immutable as $$
    select case when cardinality(p_epochs) = cardinality(p_positions) and p_epochs[1] = all (p_epochs) then p_epochs[1] end
$$;

select install_for_each_slot($script$
-- Those of the deliveries named that are still ours. Most batches were leased at once and share one epoch, v_epoch; looking
-- up each delivery's own would take a third of an ack.
/*text ours*/
d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
   and d.position between p_positions[1] and p_positions[cardinality(p_positions)]
   and d.epoch = coalesce(v_epoch, case when d.position = p_positions[width_bucket(d.position, p_positions)]
                                        then p_epochs[width_bucket(d.position, p_positions)] end)
/*end*/

-- One delivery; true when it was still ours.
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

-- Many; returns the positions that were still ours.
create or replace function ack(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[]
) returns bigint[] language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_epoch integer := shared_epoch(p_positions, p_epochs);
    v_done  bigint[];
begin
    /*in slot p_slot*/
        with done as (
            delete from delivery_<k> d
             where <ours>
            returning d.position, case when d.tracked then ended(d.position, d.subscription_id, 'ACKED') end)
        select array_agg(position) into v_done from done;
    /*end*/
    return coalesce(v_done, '{}');
end
$$;

-- Failed: back after p_delay_ms (0 at once), or after the subscription's backoff when that is null. To the dead letters when
-- the attempts are used up, when the time for retries is, when the group is to go on without it, or at once when a reason is
-- given. Returns a row for each delivery that was still ours.
-- Backoff after failed attempt n: least(max, base * multiplier ^ (n - 1)), then plus or minus the jitter.
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
    v_epoch     integer := shared_epoch(p_positions, p_epochs);
    v_now       timestamptz := clock_timestamp();
    v_sub       subscription;
    v_positions bigint[];
    v_reasons   text[];
    v_times     timestamptz[];
    v_at_once   bigint[];
    v_reason    text;
begin
    perform check_delay(p_delay_ms);
    select * into v_sub from subscription s where s.id = p_subscription;
    -- Dropped beside the fetch that took them: maintenance removes what is left, so nothing is ours.
    if not found then
        return;
    end if;
    /*in slot p_slot*/
        select array_agg(h.position),
               array_agg(coalesce(p_reason, case
                   when v_sub.max_attempts > 0 and h.attempts >= v_sub.max_attempts
                     or v_sub.group_policy = 'skip' and h.group_key is not null then 'MAX_ATTEMPTS'
                   when h.first_failed_at + v_sub.retry_timeout_ms * interval '1 millisecond' <= v_now then 'RETRY_TIMEOUT' end)),
               array_agg(v_now + interval '1 millisecond' * coalesce(p_delay_ms,
                   least(v_sub.backoff_max_ms,
                         v_sub.backoff_base_ms * power(v_sub.backoff_multiplier, least(h.attempts - 1, 64)))
                   * (1 + v_sub.jitter_percent * (2 * random() - 1) / 100)))
          into v_positions, v_reasons, v_times
          from (select d.position, d.attempts, d.first_failed_at, d.group_key from delivery_<k> d
                 where <ours>
                 order by d.position for update) h;
        v_at_once := array(select u.position from unnest(v_positions, v_reasons, v_times) as u (position, reason, at)
                            where u.reason is null and u.at <= v_now);
        update delivery_<k> d
           set lease_until = '-infinity', holder = null, epoch = d.epoch + 1, failures = least(d.failures + 1, 32767),
               first_failed_at = coalesce(d.first_failed_at, v_now)
         where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (v_at_once)
           and d.position between v_at_once[1] and v_at_once[cardinality(v_at_once)];
    /*end*/
    perform put_off(p_slot, p_subscription, p_priority, array_agg(u.position), array_agg(u.at), v_now)
       from unnest(v_positions, v_reasons, v_times) as u (position, reason, at)
      where u.reason is null and u.at > v_now having count(*) > 0;
    foreach v_reason in array array(select distinct r from unnest(v_reasons) r where r is not null) loop
        perform bury(p_slot, p_subscription, p_priority, array_agg(u.position order by u.position), v_reason, p_error_class, p_error, p_stack,
                     v_now, true)
           from unnest(v_positions, v_reasons) as u (position, reason) where u.reason = v_reason;
    end loop;
    return query
    select u.position, case when u.reason is null then 'retry' else 'dead' end, case when u.reason is null then u.at end
      from unnest(v_positions, v_reasons, v_times) as u (position, reason, at);
end
$$;

-- Out of the ring until a time of its own for each position. Callers hold the row locks. With p_failed_at the attempt counts
-- as failed then; without it is given back.
create or replace function put_off(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_due_ats timestamptz[],
    p_failed_at timestamptz
) returns void language plpgsql as $$
begin
    /*in slot p_slot*/
        with gone as (
            delete from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
               and d.position between p_positions[1] and p_positions[cardinality(p_positions)]
            returning d.*)
        insert into scheduled (
            subscription_id, position, due_at, retrying, epoch, attempts, replays, failures, has_turn, first_failed_at,
            expires_at, ready_at, <envelope>)
        select g.subscription_id, g.position, p_due_ats[width_bucket(g.position, p_positions)], p_failed_at is not null,
               g.epoch + 1, g.attempts - (p_failed_at is null)::integer, g.replays,
               least(g.failures + (p_failed_at is not null)::integer, 32767), g.group_key is not null, coalesce(g.first_failed_at, p_failed_at),
               m.expires_at, g.ready_at, <m.envelope>
          from gone g join message_<k> m on m.id = g.position;
    /*end*/
end
$$;

-- Not now: back after p_delay_ms, the attempt not counted. Returns the positions that were still ours.
create or replace function snooze(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[],
    p_delay_ms bigint
) returns bigint[] language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_epoch integer := shared_epoch(p_positions, p_epochs);
    v_due   timestamptz;
    v_held  bigint[];
begin
    if p_delay_ms is null then
        perform raise_invalid('delay_ms', null, '0 to 31622400000');
    end if;
    perform check_delay(p_delay_ms);
    v_due := clock_timestamp() + p_delay_ms * interval '1 millisecond';
    /*in slot p_slot*/
        select array_agg(h.position) into v_held
          from (select d.position from delivery_<k> d
                 where <ours>
                 order by d.position for update) h;
    /*end*/
    if v_held is not null then
        perform put_off(p_slot, p_subscription, p_priority, v_held, array_fill(v_due, array[cardinality(v_held)]), null);
    end if;
    return coalesce(v_held, '{}');
end
$$;

-- Holds on for p_lease_ms from now. A row for each delivery that is still ours. busy: not extended, because a transaction
-- that has not ended is settling it; whoever acks and extends in one thread would else wait for itself.
create or replace function extend(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[],
    p_lease_ms bigint, out "position" bigint, out busy boolean
) returns setof record language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_epoch integer := shared_epoch(p_positions, p_epochs);
    v_until timestamptz;
    v_done  bigint[];
begin
    if p_lease_ms is null or p_lease_ms not between 1000 and 43200000 then
        perform raise_invalid('lease_ms', p_lease_ms::text, '1000 to 43200000');
    end if;
    v_until := clock_timestamp() + p_lease_ms * interval '1 millisecond';
    /*in slot p_slot*/
        with done as (
            update delivery_<k> u set lease_until = v_until
             where u.ctid = any (array(
                   select d.ctid from delivery_<k> d
                    where <ours>
                    order by d.position for no key update skip locked))
            returning u.position)
        select coalesce(array_agg(position), '{}') into v_done from done;
        -- Who works for long asks for nothing else meanwhile.
        perform note_activity(array[p_subscription]);
        return query select p, false from unnest(v_done) p;
        if cardinality(v_done) < cardinality(p_positions) then
            return query
            select d.position, true from delivery_<k> d
             where <ours> and d.position <> all (v_done);
        end if;
    /*end*/
end
$$;

-- Which are still ours: neither cancelled, purged, taken over nor settled. Only looks; for handlers that take long.
create or replace function still_held(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[]
) returns bigint[] language plpgsql stable security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_epoch integer := shared_epoch(p_positions, p_epochs);
    v_held  bigint[];
begin
    /*in slot p_slot*/
        select array_agg(d.position) into v_held from delivery_<k> d
         where <ours>;
    /*end*/
    return coalesce(v_held, '{}');
end
$$;

-- Gives back what no handler ever saw: ready at once, the attempt not counted, the epoch moved on.
create or replace function release(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_epochs integer[]
) returns bigint[] language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_epoch integer := shared_epoch(p_positions, p_epochs);
    v_done  bigint[];
begin
    /*in slot p_slot*/
        with done as (
            update delivery_<k> d set lease_until = '-infinity', holder = null, epoch = d.epoch + 1, attempts = d.attempts - 1
             where <ours>
            returning d.position)
        select array_agg(position) into v_done from done;
    /*end*/
    return coalesce(v_done, '{}');
end
$$;
$script$);

-- Ends the leases of a consumer that hangs or is known to be dead, by hand. Attempts stay counted. Returns how many; what a
-- transaction is settling at the moment is left to it. Reads every delivery.
create or replace function release_consumer(p_consumer text, p_subscription integer default null) returns bigint
language plpgsql security definer
set search_path from current
as $$
declare
    v_holder integer := (select id from holder where name = p_consumer);
begin
    if v_holder is null then
        perform raise_not_found('consumer', p_consumer);
    end if;
    return end_leases(p_subscription, v_holder);
end
$$;

create or replace function release_subscription(p_subscription integer) returns bigint language plpgsql security definer
set search_path from current
as $$
begin
    if not exists (select from subscription where id = p_subscription) then
        perform raise_not_found('subscription', '#' || p_subscription);
    end if;
    return end_leases(p_subscription, null);
end
$$;

select install_for_each_slot($script$
create or replace function end_leases(p_subscription integer, p_holder integer) returns bigint language plpgsql as $$
declare
    v_now   timestamptz := clock_timestamp();
    v_count bigint := 0;
    v_here  bigint;
begin
    /*each slot*/
        update delivery_<k> d set lease_until = '-infinity', holder = null, epoch = d.epoch + 1
         where d.ctid = any (array(
               select o.ctid from delivery_<k> o
                where (o.subscription_id = p_subscription or p_subscription is null) and o.lease_until > v_now
                  and (o.holder = p_holder or p_holder is null)
                order by o.subscription_id, o.position for no key update skip locked));
        get diagnostics v_here = row_count;
        v_count := v_count + v_here;
    /*end*/
    return v_count;
end
$$;
$script$);
