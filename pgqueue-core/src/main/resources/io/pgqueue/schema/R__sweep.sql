-- The sweep: what expired or was left behind where nobody receives.
--
-- Promises   Small bites: a pass reads at most p_pages pages of messages, 8 MB, and removes at most 500 rows of each kind; it
--            goes on where the last one ended, so all of 10 GB are visited within two hours and nothing is read twice at
--            once. Receiving puts away what it meets much sooner. What is leased or locked is left alone.
-- Locks      Row locks on what goes; it gives up rather than wait longer than maintenance does.
-- Errors     none of their own.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Not more often than p_interval_ms, whoever calls. Returns how many rows went or were promoted.
create or replace function sweep(p_interval_ms bigint default 5000, p_pages integer default 1024) returns integer language plpgsql
as $$
declare
    v_now_ms bigint := floor(extract(epoch from clock_timestamp()) * 1000);
    v_count  integer;
begin
    -- A last time that is still to come was told by a clock that was set back since.
    if v_now_ms - pg_sequence_last_value('swept_ms') between 0 and p_interval_ms - 1 then
        return 0;
    end if;
    perform setval('swept_ms', v_now_ms);
    v_count := sweep_ring(p_pages) + promote_forgotten() + remove_orphans() + remove_old_dead_letters();
    with gone as (
        delete from message_change c
         where c.ctid = any (array(
               select o.ctid from message_change o where o.changed_at < clock_timestamp() - interval '400 days'
                order by o.changed_at limit 500))
        returning 1)
    select v_count + count(*) into v_count from gone;
    return v_count;
exception
    when lock_not_available or deadlock_detected then
        return 0;
end
$$;

-- The cursor is slot and page of `message` where the next pass begins. Deliveries are walked in the same proportion.
create or replace function sweep_ring(p_pages integer) returns integer language plpgsql as $$
declare
    v_cursor bigint := pg_sequence_last_value('sweep_cursor');
    v_slot   integer := v_cursor >> 32;
    v_page   bigint := v_cursor & 4294967295;
    v_bite   record;
    v_count  integer := 0;
    v_left   integer := p_pages;
begin
    for i in 0 .. 16 loop
        select * into v_bite from sweep_slot(v_slot, v_page, v_left);
        v_count := v_count + v_bite.removed;
        v_left := v_left - v_bite.pages;
        v_page := v_bite.next_page;
        exit when v_left <= 0 or v_bite.removed >= 500;
        v_slot := (v_slot + 1) & 15;
        v_page := 0;
    end loop;
    perform setval('sweep_cursor', (v_slot::bigint << 32) | v_page);
    return v_count;
end
$$;

select install_for_each_slot($script$
-- One bite of one slot; next_page is where to go on in it.
create or replace function sweep_slot(
    p_slot integer, p_page bigint, p_pages integer, out removed integer, out pages integer, out next_page bigint
) language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_custom_plan
as $$
declare
    v_now       timestamptz := clock_timestamp();
    v_size      bigint;
    v_from      tid;
    v_to        tid;
    v_delivered bigint;
    v_orphans   integer;
    v_row       record;
begin
    removed := 0;
    /*in slot p_slot*/
        v_size := pg_relation_size('message_<k>') / current_setting('block_size')::integer;
        pages := greatest(least(p_pages, v_size - p_page), 0);
        if pages > 0 then
            v_from := format('(%s,0)', p_page)::tid;
            v_to := format('(%s,0)', p_page + pages)::tid;
            for v_row in
                select d.subscription_id, d.priority, d.position
                  from message_<k> m
                  join subscription s on s.destination_id = m.destination_id
                 -- Two lanes, not an array of them: PostgreSQL 15 and 16 take that for a filter and read the whole backlog.
                 cross join lateral (values (m.priority), ((m.priority + 10)::smallint)) as lane (priority)
                 cross join lateral (
                       select o.subscription_id, o.priority, o.position from delivery_<k> o
                        where o.subscription_id = s.id and o.priority = lane.priority and o.position = m.id
                          and o.lease_until <= v_now
                          and (m.expires_at <= v_now
                               or coalesce(o.ready_at, m.sent_at) + s.retention_ms * interval '1 millisecond' <= v_now)
                       offset 0 for update skip locked) d
                 where m.ctid >= v_from and m.ctid < v_to
                   and (m.expires_at <= v_now
                        or m.sent_at + s.retention_ms * interval '1 millisecond' <= v_now)
                 limit 500
            loop
                perform expire(<k>, v_row.subscription_id, v_row.priority, array[v_row.position], v_now);
                removed := removed + 1;
            end loop;
            -- A bite that was too much is taken again.
            next_page := p_page + case when removed >= 500 then 0 else pages end;

            -- Deliveries of subscriptions that were dropped: a publish that was under way then wrote them.
            v_delivered := pg_relation_size('delivery_<k>') / current_setting('block_size')::integer;
            v_from := format('(%s,0)', p_page * v_delivered / v_size)::tid;
            v_to := format('(%s,0)', (p_page + pages) * v_delivered / v_size + 1)::tid;
            with gone as (
                delete from delivery_<k> d
                 where d.ctid = any (array(
                       select o.ctid from delivery_<k> o
                        where o.ctid >= v_from and o.ctid < v_to
                          and not exists (select from subscription s where s.id = o.subscription_id) for update skip locked))
                returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
            select count(*) into v_orphans from gone;
            removed := removed + v_orphans;
        else
            next_page := 0;
        end if;
    /*end*/
end
$$;
$script$);

-- What has been due for a minute has no consumers; in the ring its expiry is seen.
create or replace function promote_forgotten() returns integer language plpgsql
set enable_seqscan = off
as $$
declare
    v_now          timestamptz := clock_timestamp();
    v_subscription integer;
    v_count        integer := 0;
begin
    for v_subscription in
        select s.id from subscription s
         where exists (select from scheduled d where d.subscription_id = s.id and d.due_at < v_now - interval '1 minute')
         limit 20
    loop
        perform promote_in_turn(v_subscription, v_now, 500, false);
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;

-- Steps from subscription to subscription, so that it costs a look at each and not at each row.
create or replace function remove_orphans() returns integer language plpgsql
set enable_seqscan = off
as $$
declare
    v_orphans integer[];
    v_count   integer;
    v_more    integer;
begin
    with recursive holding as (
        (select subscription_id from scheduled order by subscription_id limit 1)
        union all
        select (select s.subscription_id from scheduled s where s.subscription_id > h.subscription_id
                 order by s.subscription_id limit 1)
          from holding h where h.subscription_id is not null)
    select array_agg(h.subscription_id) into v_orphans from holding h
     where h.subscription_id is not null and not exists (select from subscription s where s.id = h.subscription_id);
    with gone as (
        delete from scheduled d
         where d.ctid = any (array(
               select o.ctid from scheduled o where o.subscription_id = any (v_orphans) limit 500 for update skip locked))
        returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
    select count(*) into v_count from gone;

    with recursive holding as (
        (select subscription_id from dead_letter order by subscription_id limit 1)
        union all
        select (select l.subscription_id from dead_letter l where l.subscription_id > h.subscription_id
                 order by l.subscription_id limit 1)
          from holding h where h.subscription_id is not null)
    select array_agg(h.subscription_id) into v_orphans from holding h
     where h.subscription_id is not null and not exists (select from subscription s where s.id = h.subscription_id);
    with gone as (
        delete from dead_letter d
         where d.ctid = any (array(
               select o.ctid from dead_letter o where o.subscription_id = any (v_orphans) limit 500 for update skip locked))
        returning 1)
    select count(*) into v_more from gone;
    return v_count + v_more;
end
$$;

create or replace function remove_old_dead_letters() returns integer language plpgsql
set enable_seqscan = off
as $$
declare
    v_sub   record;
    v_count integer;
    v_total integer := 0;
begin
    for v_sub in
        select s.id, clock_timestamp() - s.dead_letter_max_age_ms * interval '1 millisecond' as before
          from subscription s where s.dead_letter_max_age_ms is not null
    loop
        with gone as (
            delete from dead_letter d
             where d.ctid = any (array(
                   select o.ctid from dead_letter o where o.subscription_id = v_sub.id and o.dead_at < v_sub.before
                    order by o.dead_at limit 500 for update skip locked))
            returning 1)
        select count(*) into v_count from gone;
        perform count_ends(v_sub.id, 0, v_count, 0);
        v_total := v_total + v_count;
    end loop;
    return v_total;
end
$$;
