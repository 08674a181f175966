-- Dead letters: final failures, kept until redriven or discarded.
--
-- Promises   A delivery leaves the ring and enters dead_letter in one statement, with the facts of its failure. A redrive
--            gives attempts 0, the same message id, a new position at the end, and an epoch that goes on, so that an old
--            consumer stays fenced out.
-- Locks      ROW EXCLUSIVE on dead_letter and on the delivery leaf left or entered.
-- Errors     PQ002 a limit out of range.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Moves deliveries of one slot, subscription and priority out of the ring. Callers hold their row locks.
select install_for_each_slot($script$
create or replace function bury(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_reason text,
    p_error_class text, p_error text, p_stack text, p_now timestamptz, p_failed_now boolean
) returns void language plpgsql as $$
begin
    /*in slot p_slot*/
        with gone as (
            delete from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions)
            returning d.*, case when d.tracked then ended(d.position, d.subscription_id,
                                                          case p_reason when 'EXPIRED' then 'EXPIRED' else 'DEAD' end) end)
        insert into dead_letter (
            subscription_id, position, dead_at, reason, error_class, error, stack, consumer, epoch, attempts, replays,
            first_failed_at, expires_at, ready_at, <envelope>)
        select g.subscription_id, g.position, p_now, p_reason, p_error_class, left(p_error, 2000), left(p_stack, 8192),
               (select h.name from holder h where h.id = g.holder), g.epoch, g.attempts, g.replays,
               coalesce(g.first_failed_at, case when p_failed_now then p_now end), m.expires_at, m.ready_at, <m.envelope>
          from gone g join message_<k> m on m.id = g.position;
    /*end*/
end
$$;
$script$);

-- What receive() claimed and may not return. A claim that exceeds the attempts is taken back: a message dies after
-- exactly as many claims as the subscription allows. Expired: dropped or buried, as the subscription says. The claim
-- has taken the place of the last holder's name.
select install_for_each_slot($script$
create or replace function put_away_undeliverable(
    p_slot integer, p_subscription integer, p_priority smallint, p_positions bigint[], p_now timestamptz
) returns void language plpgsql as $$
declare
    v_sub     subscription;
    v_expired bigint[];
    v_crashed bigint[];
    v_dropped integer;
    v_failed  bigint[];
begin
    select * into v_sub from subscription where id = p_subscription;
    /*in slot p_slot*/
        select array_agg(d.position) filter (where e.expired),
               array_agg(d.position) filter (where e.spent and d.failures < d.attempts - 1),
               array_agg(d.position) filter (where e.spent and d.failures >= d.attempts - 1)
          into v_expired, v_crashed, v_failed
          from delivery_<k> d
          join message_<k> m on m.id = d.position
          cross join lateral (select coalesce(m.expires_at <= p_now, false)
               or coalesce(coalesce(m.ready_at, m.sent_at) + v_sub.retention_ms * interval '1 millisecond' <= p_now, false) as expired) x
          cross join lateral (select x.expired,
               not x.expired and d.attempts > v_sub.max_attempts and v_sub.max_attempts > 0 as spent) e
         where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (p_positions);
        update delivery_<k> d set attempts = d.attempts - 1, holder = null
         where d.subscription_id = p_subscription and d.priority = p_priority
           and d.position = any (v_expired || v_crashed || v_failed);
        if v_sub.on_expiry = 'drop' then
            with gone as (
                delete from delivery_<k> d
                 where d.subscription_id = p_subscription and d.priority = p_priority and d.position = any (v_expired)
                returning case when d.tracked then ended(d.position, d.subscription_id, 'EXPIRED') end)
            select count(*) into v_dropped from gone;
        end if;
    /*end*/
    if v_expired is not null and v_sub.on_expiry = 'dead_letter' then
        perform bury(p_slot, p_subscription, p_priority, v_expired, 'EXPIRED', null, null, null, p_now, false);
    end if;
    if v_crashed is not null then
        perform bury(p_slot, p_subscription, p_priority, v_crashed, 'LEASE_EXPIRED', null,
                     'Lease ended without an answer: the consumer died or took too long', null, p_now, true);
    end if;
    -- Every attempt was answered: only a lowered max_attempts leaves these here.
    if v_failed is not null then
        perform bury(p_slot, p_subscription, p_priority, v_failed, 'MAX_ATTEMPTS', null,
                     format('max_attempts was lowered to %s after the last failure', v_sub.max_attempts), null, p_now, true);
    end if;
end
$$;
$script$);

create or replace function check_limit(p_limit integer) returns integer language plpgsql immutable as $$
begin
    if p_limit is null or p_limit not between 1 and 1000 then
        perform raise_invalid('limit', p_limit::text, '1 to 1000');
    end if;
    return p_limit;
end
$$;

-- A page, oldest death first, behind the given one. Bodies only when asked for.
create or replace function dead_letters(
    p_subscription integer, p_limit integer default 100, p_after_dead_at timestamptz default '-infinity',
    p_after_position bigint default 0, p_with_body boolean default false
) returns table (
    "position" bigint, message_id uuid, dead_at timestamptz, reason text, error_class text, error text, stack text,
    consumer text, attempts integer, replays smallint, first_failed_at timestamptz, sent_at timestamptz, expires_at timestamptz,
    destination_id integer,
    priority smallint, group_key text, correlation_id text, reply_to text, type text, content_type text,
    properties jsonb, body_bytes integer, body bytea
) language sql stable security definer
set search_path from current
as $$
    select d.position, d.message_id, d.dead_at, d.reason, d.error_class, d.error, d.stack, d.consumer, d.attempts, d.replays,
           d.first_failed_at, d.sent_at, d.expires_at, d.destination_id, d.priority, d.group_key, d.correlation_id, d.reply_to, d.type,
           d.content_type, d.properties, coalesce(octet_length(d.body), 0), case when p_with_body then d.body end
      from dead_letter d
     where d.subscription_id = p_subscription and (d.dead_at, d.position) > (p_after_dead_at, p_after_position)
     order by d.dead_at, d.position
     limit (select check_limit(p_limit));
$$;

-- Back to the end of the queue: the given messages, or the oldest p_limit. Returns the message ids that went back.
select install_for_each_slot($script$
create or replace function redrive(
    p_subscription integer, p_message_ids uuid[] default null, p_limit integer default 1000
) returns uuid[] language plpgsql security definer
set search_path from current
as $$
declare
    v_slot smallint := pg_sequence_last_value('ring_state') & 15;
    v_done uuid[];
begin
    perform check_limit(p_limit);
    with gone as (
        delete from dead_letter d
         where d.ctid = any (array(
               select o.ctid from dead_letter o
                where o.subscription_id = p_subscription and (p_message_ids is null or o.message_id = any (p_message_ids))
                order by o.dead_at, o.position limit p_limit for update skip locked))
        returning d.*
    ), renumbered as materialized (
        select g.*, nextval('position') as new_position from (select * from gone order by dead_at, position) g
    ), stored as (
        insert into message (id, ready_at, slot, <envelope>)
        select new_position, clock_timestamp(), v_slot, <envelope> from renumbered
    ), ready as (
        insert into delivery (position, subscription_id, epoch, body_bytes, slot, priority, replays, group_key, replace_key)
        select new_position, subscription_id, epoch + 1, coalesce(octet_length(body), 0), v_slot, lane_of(priority, group_key),
               least(replays + 1, 32767), group_key, replace_key
          from renumbered
    )
    select array_agg(message_id order by new_position) into v_done from renumbered;
    return coalesce(v_done, '{}');
end
$$;
$script$);

-- Gone for good: the given messages, or the oldest p_limit. Returns how many.
create or replace function discard(
    p_subscription integer, p_message_ids uuid[] default null, p_limit integer default 1000
) returns integer language plpgsql security definer
set search_path from current
as $$
declare
    v_count integer;
begin
    perform check_limit(p_limit);
    delete from dead_letter d
     where d.ctid = any (array(
           select o.ctid from dead_letter o
            where o.subscription_id = p_subscription and (p_message_ids is null or o.message_id = any (p_message_ids))
            order by o.dead_at, o.position limit p_limit for update skip locked));
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
