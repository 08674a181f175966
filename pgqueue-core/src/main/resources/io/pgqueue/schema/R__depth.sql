-- Back-pressure: subscriptions with a limit of what may wait and be leased in them.
--
-- Promises   No counter that every publish changes, and no count that every publish makes. A sample tells how deep a
--            subscription was and what the newest position was then; what was published since cannot be more than the
--            positions taken since, so most publishes see that there is room. Only when that is not certain are rows
--            counted, up to a limit of 10 000; a deeper limit is decided by the sample alone, which maintenance takes.
--            Nobody counts what others have not committed yet.
-- Locks      None for looking: the count runs in a subtransaction that is rolled back. DROP_OLDEST locks the rows it buries.
-- Errors     none of their own; the callers say which subscription is full.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

create or replace function depth_of(p_subscription integer, p_most integer) returns integer language plpgsql
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
as $$
declare
    v_depth integer;
begin
    begin
        select count(*) into v_depth
          from (select from delivery d where d.subscription_id = p_subscription
                union all
                select from scheduled s where s.subscription_id = p_subscription
                limit p_most) waiting;
        raise sqlstate 'PQ099';
    exception when sqlstate 'PQ099' then
        return v_depth;
    end;
end
$$;

-- How much deeper than allowed a subscription would be with so many messages more; 0 or less: there is room.
create or replace function excess(p_subscription subscription, p_messages integer) returns integer language plpgsql as $$
declare
    v_sample depth_sample;
begin
    select * into v_sample from depth_sample s where s.subscription_id = p_subscription.id;
    if v_sample.depth + coalesce(pg_sequence_last_value('position'), 0) - v_sample.position + p_messages
           <= p_subscription.max_depth then
        return 0;
    end if;
    if p_subscription.max_depth > 10000 then
        return case when v_sample.depth >= p_subscription.max_depth and p_subscription.on_full <> 'drop_oldest' then 1 else 0 end;
    end if;
    return depth_of(p_subscription.id, p_subscription.max_depth) + p_messages - p_subscription.max_depth;
end
$$;

-- Before so many messages are written: the name of a subscription that has no room, else null; p_may_wait when all such
-- would have their senders wait. A batch counts as one message here: it is taken whole while there is room for one. Where
-- the oldest may go they make room, when nothing else stands in the way; p_ended: for the end of one somebody may wait.
create or replace function make_room(
    p_subscriptions integer[], p_messages integer, out p_full text, out p_may_wait boolean, out p_ended boolean
) language plpgsql as $$
declare
    v_sub     subscription;
    v_excess  integer;
    v_dropped record;
begin
    p_ended := false;
    for v_sub in
        select * from subscription s
         where s.id = any (p_subscriptions) and s.max_depth is not null
         order by array_position(array['fail', 'block', 'drop_oldest'], s.on_full), s.id
    loop
        if v_sub.on_full = 'drop_oldest' then
            exit when p_full is not null;
            v_excess := excess(v_sub, p_messages);
            if v_excess > 0 then
                v_dropped := drop_oldest(v_sub, v_excess);
                p_ended := p_ended or v_dropped.tracked;
            end if;
        elsif excess(v_sub, 1) > 0 then
            p_full := coalesce(p_full, v_sub.name);
            p_may_wait := v_sub.on_full = 'block';
            exit when not p_may_wait;
        end if;
    end loop;
end
$$;

create or replace function raise_full(p_subscription text) returns void language plpgsql as $$
begin
    raise exception using errcode = 'PQ010',
        message = format('Subscription %L is full, nothing was published', p_subscription),
        hint = 'Try again when its consumers have caught up, or raise max_depth or change on_full.';
end
$$;

-- The oldest ready ones become dead letters; what is leased or scheduled stays. How many, and whether one was tracked.
create or replace function drop_oldest(
    p_subscription subscription, p_count integer, out dropped integer, out tracked boolean
) language plpgsql as $$
declare
    v_now       timestamptz := clock_timestamp();
    v_from      bigint := 0;
    v_places    place[];
    v_group     record;
    v_positions bigint[];
    v_in_vain   integer := 0;
begin
    dropped := 0;
    tracked := false;
    while dropped < p_count and v_in_vain < 4 loop
        -- Where others hold locks it looks further at once, and soon no longer: publishing does not wait for them.
        v_places := oldest_ready(p_subscription.id, v_now, v_from, 9223372036854775807,
                                 least((p_count - dropped) * 10 ^ v_in_vain, 1000)::integer);
        exit when v_places is null;
        v_from := v_places[cardinality(v_places)].position + 1;
        v_in_vain := v_in_vain + 1;
        for v_group in
            select p.slot, p.priority, array_agg(p.position order by p.position) as positions
              from unnest(v_places) p group by p.slot, p.priority order by p.slot, p.priority
        loop
            v_positions := lock_ready(v_group.slot, p_subscription.id, v_group.priority, v_group.positions, v_now, p_count - dropped);
            if v_positions <> '{}' then
                v_in_vain := 0;
                perform bury(v_group.slot, p_subscription.id, v_group.priority, v_positions, 'OVERFLOW', null,
                             format('The subscription was full, its limit is %s', p_subscription.max_depth), null, v_now, false);
                dropped := dropped + cardinality(v_positions);
                tracked := tracked or are_tracked(v_positions);
            end if;
        end loop;
    end loop;
end
$$;

-- Counts where the last sample does not show that there is room; buries what is too much in the deepest subscriptions, and
-- returns how many that were.
create or replace function sample_depths() returns integer language plpgsql as $$
declare
    v_dropped  integer;
    v_count    integer := 0;
    v_sub      subscription;
    v_position bigint;
    v_depth    integer;
begin
    delete from depth_sample d
     where not exists (select from subscription s where s.id = d.subscription_id and s.max_depth is not null);
    for v_sub in
        select s.* from subscription s left join depth_sample d on d.subscription_id = s.id
         where s.max_depth is not null
           and coalesce(d.depth + pg_sequence_last_value('position') - d.position >= s.max_depth, true)
         order by s.id
    loop
        -- First the position: what comes in between is then counted twice, not left out.
        v_position := coalesce(pg_sequence_last_value('position'), 0);
        v_depth := depth_of(v_sub.id, v_sub.max_depth + 10000);
        if v_sub.on_full = 'drop_oldest' and v_depth > v_sub.max_depth then
            v_dropped := (drop_oldest(v_sub, v_depth - v_sub.max_depth)).dropped;
            v_depth := v_depth - v_dropped;
            v_count := v_count + v_dropped;
        end if;
        insert into depth_sample (subscription_id, depth, position) values (v_sub.id, v_depth, v_position)
        on conflict (subscription_id) do update set depth = excluded.depth, position = excluded.position;
    end loop;
    return v_count;
exception
    -- The next pass counts again.
    when lock_not_available or deadlock_detected then
        return 0;
end
$$;
