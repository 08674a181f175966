-- Idle: durable subscriptions of topics that end when nobody has consumed from them for a time, expire_after_idle_ms.
--
-- Promises   Idle is a subscription that nobody receives from, not even in vain, or asks ready() for; that no client has a
--            consumer of; and of which nobody holds a delivery: renews its lease, or has leased one of the first 1000 of a lane
--            of a slot, where leased ones stand. Its end is announced a day before, or half of the time if that
--            is shorter, and never comes sooner than that after the announcement: after an outage, too, consumers have so long
--            to come back. Then the subscription goes like a dropped one, and what waited in it is discarded in bites, with
--            outcome DISCARDED. Whoever consumes moves the time of it at most once in a hundredth of the limit, and only of
--            subscriptions that have one; so such a subscription lives up to a hundredth longer, and never shorter.
-- Locks      A row lock on the activity, which nobody waits for: two fetches pass each other by. For what is announced or ended row
--            locks on the subscription and its topic, unless somebody has them; it gives up rather than wait longer than
--            maintenance does.
-- Errors     none of their own.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

create or replace function idle_step(p_idle_ms bigint) returns interval language sql immutable as $$
    select p_idle_ms / 100 * interval '1 millisecond'
$$;

-- How long before its end a subscription is warned of.
create or replace function idle_notice_time(p_idle_ms bigint) returns interval language sql immutable as $$
    select least(p_idle_ms / 2, 86400000) * interval '1 millisecond'
$$;

create or replace function idle_end(p_activity activity, p_idle_ms bigint) returns timestamptz language sql stable as $$
    select greatest(p_activity.active_at + p_idle_ms * interval '1 millisecond' + idle_step(p_idle_ms),
                    p_activity.warned_at + idle_notice_time(p_idle_ms))
$$;

-- Somebody consumes from these, or would. Not told in a transaction that cannot write, or whose snapshot may be older than the
-- last change: it would fail with 40001.
create or replace function note_activity(p_subscriptions integer[]) returns void language plpgsql
set enable_seqscan = off
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    if current_setting('transaction_isolation') = 'read committed' and current_setting('transaction_read_only') = 'off' then
        update activity a set active_at = v_now, warned_at = null
         where a.ctid = any (array(
               select o.ctid from activity o join subscription s on s.id = o.subscription_id
                where o.subscription_id = any (p_subscriptions)
                  and o.active_at <= v_now - idle_step(s.expire_after_idle_ms)
                  for no key update of o skip locked));
    end if;
end
$$;

-- The time of a subscription was set, changed or taken away; it begins now if there was none.
create or replace function watch_activity(p_subscription integer, p_idle_ms bigint) returns void language plpgsql as $$
begin
    if p_idle_ms is null then
        delete from activity where subscription_id = p_subscription;
    else
        insert into activity as a (subscription_id, active_at) values (p_subscription, clock_timestamp())
        on conflict (subscription_id) do update set warned_at = null where a.warned_at is not null;
    end if;
end
$$;

create or replace function check_may_be_idle(p_subscription subscription) returns void language plpgsql as $$
begin
    if p_subscription.implicit or not p_subscription.durable then
        perform raise_invalid('expire_after_idle_ms', p_subscription.expire_after_idle_ms::text,
                              case when p_subscription.implicit then 'null for a queue, which stays until it is dropped'
                                   else 'null for one that is not durable and ends with its last consumer' end);
    end if;
end
$$;

-- Nobody could come back while the applications were down, and with them maintenance: when it paused for a quarter of the notice
-- or longer, what was announced before counts from now.
create or replace function announce_again() returns void language sql as $$
    update activity a set warned_at = clock_timestamp()
      from subscription s
     where s.id = a.subscription_id and a.warned_at is not null
       and pg_sequence_last_value('swept_ms')
           < 1000 * extract(epoch from clock_timestamp() - idle_notice_time(s.expire_after_idle_ms) / 4)
$$;

-- One pass: announces ends, ends what is due, and discards at most p_most rows of what has ended. A subtransaction, so that
-- whoever holds a lock makes this wait for the next pass, and nothing else.
create or replace function end_idle_subscriptions(p_most integer, out discarded integer, out notices idle_notice[])
language plpgsql as $$
begin
    if exists (select from activity) then
        perform note_activity(array(
            select c.subscription_id
              from consumer c join client k on k.id = c.client join node n on n.id = k.node_id
             where n.lease_until > clock_timestamp()));
        perform announce_again();
        notices := announce_or_end();
        discarded := discard_ended(p_most);
    end if;
    discarded := coalesce(discarded, 0);
exception
    when lock_not_available or deadlock_detected then
        discarded := 0;
        notices := null;
end
$$;

-- What is due of ten subscriptions: announced, or ended when that was announced before.
create or replace function announce_or_end() returns idle_notice[] language plpgsql as $$
declare
    v_idle    record;
    v_notices idle_notice[] := '{}';
begin
    for v_idle in
        select s.id, s.name, s.routed, s.destination_id, s.expire_after_idle_ms, d.name as topic,
               a.warned_at is not null as announced, idle_end(a, s.expire_after_idle_ms) as ends_at
          from activity a join subscription s on s.id = a.subscription_id join destination d on d.id = s.destination_id
         where idle_end(a, s.expire_after_idle_ms)
               - case when a.warned_at is null then idle_notice_time(s.expire_after_idle_ms) else interval '0' end
               <= clock_timestamp()
         order by s.id limit 10 for key share of d skip locked for update of s, a skip locked
    loop
        -- Nobody opens a consumer any more, who would lock the subscription. Whoever had one is seen by these new statements, and
        -- so is who works on a delivery for long and asks for nothing meanwhile.
        if is_held(v_idle.id) or exists (select from consumer where subscription_id = v_idle.id) then
            update activity set active_at = clock_timestamp(), warned_at = null where subscription_id = v_idle.id;
            continue;
        elsif v_idle.announced then
            delete from subscription where id = v_idle.id;
            if v_idle.routed then
                perform note_demands(v_idle.destination_id);
            end if;
        else
            update activity a set warned_at = clock_timestamp() where a.subscription_id = v_idle.id
            returning idle_end(a, v_idle.expire_after_idle_ms) into v_idle.ends_at;
        end if;
        v_notices := v_notices || (v_idle.topic, v_idle.name, v_idle.expire_after_idle_ms, v_idle.ends_at,
                                   v_idle.announced)::idle_notice;
    end loop;
    return v_notices;
end
$$;

select install_for_each_slot($script$
-- Whether a consumer holds a delivery of the subscription. What is leased stands where a lane begins, so a long backlog behind
-- that is left alone: a fetch takes 1000 at most, and who took some from its middle or renewed a lease is known by that.
create or replace function is_held(p_subscription integer) returns boolean language plpgsql
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    for s in 0 .. 15 loop
        /*in slot s*/
            if exists (select from generate_series(0, 19) lane
                        cross join lateral (
                              select d.lease_until from delivery_<k> d
                               where d.subscription_id = p_subscription and d.priority = lane
                               order by d.position limit 1000) h
                        where h.lease_until > v_now) then
                return true;
            end if;
        /*end*/
    end loop;
    return false;
end
$$;

-- What is left of subscriptions that have ended, at most so many rows. What somebody has locked the sweep finds later.
create or replace function discard_ended(p_most integer) returns integer language plpgsql
set enable_seqscan = off
as $$
declare
    v_ended integer;
    v_count integer;
    v_left  integer := p_most;
begin
    for v_ended in
        select a.subscription_id from activity a
         where not exists (select from subscription s where s.id = a.subscription_id)
         order by a.subscription_id limit 10 for update skip locked
    loop
        for s in 0 .. 15 loop
            /*in slot s*/
                with gone as (
                    delete from delivery_<k> d
                     where d.ctid = any (array(
                           select o.ctid from delivery_<k> o where o.subscription_id = v_ended limit v_left
                              for update skip locked))
                    returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
                select count(*) into v_count from gone;
            /*end*/
            v_left := v_left - v_count;
        end loop;
        with gone as (
            delete from scheduled d
             where d.ctid = any (array(
                   select o.ctid from scheduled o where o.subscription_id = v_ended limit v_left for update skip locked))
            returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
        select count(*) into v_count from gone;
        v_left := v_left - v_count;
        with gone as (
            delete from dead_letter d
             where d.ctid = any (array(
                   select o.ctid from dead_letter o where o.subscription_id = v_ended limit v_left for update skip locked))
            returning 1)
        select count(*) into v_count from gone;
        v_left := v_left - v_count;
        exit when v_left <= 0;
        delete from activity where subscription_id = v_ended;
    end loop;
    return p_most - v_left;
end
$$;
$script$);
