-- Completion: what became of the messages whose sender asked for it.
--
-- Promises   The outcome of a tracked delivery is written by the statement that ends it, so it is committed with that end or
--            not at all: ACKED, DEAD, EXPIRED, CANCELLED, DISCARDED. What gives a delivery back (nack, release, the end of a
--            lease) writes none. DEAD is final, whatever happens to the dead letter. Whoever deletes a delivery asks
--            `case when tracked then ended(...) end` in its RETURNING; deliveries that are not tracked cost that test.
--            Kept for a while after the last of a message's outcomes, then forgotten by maintenance in small batches.
-- Locks      None that publishing or settling others' deliveries would wait for.
-- Errors     PQ002 argument out of range.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Says how a delivery ended; true. One that came back from the dead letters has ended before, and nobody asks for it
-- under its new position.
create or replace function ended(p_position bigint, p_subscription integer, p_outcome text) returns boolean
language plpgsql
set enable_seqscan = off
as $$
begin
    insert into outcome (position, subscription_id, outcome, ended_at)
    select t.position, p_subscription, p_outcome, clock_timestamp() from tracked t where t.position = p_position
    on conflict do nothing;
    return true;
end
$$;

-- Whether the sender of one of these asks for outcomes.
create or replace function are_tracked(p_positions bigint[]) returns boolean language plpgsql
set enable_seqscan = off
as $$
begin
    return exists (select from tracked t where t.position = any (p_positions));
end
$$;

-- As publish_message(), with the outcomes kept for p_keep_ms after the last one.
create or replace function publish_tracked(
    p_destination       integer,
    p_message_id        uuid,
    p_body              bytea,
    p_properties        jsonb,
    p_priority          smallint,
    p_group_key         text,
    p_correlation_id    text,
    p_reply_to          text,
    p_type              text,
    p_content_type      text,
    p_time_to_live_ms   bigint,
    p_delay_ms          bigint,
    p_deliver_at        timestamptz,
    p_keep_ms           bigint,
    p_replace_key       text default null,
    out p_position      bigint,
    out p_subscriptions integer[],
    out p_full          text,
    out p_may_wait      boolean,
    out p_ended         boolean
) language plpgsql security definer
set search_path from current
as $$
begin
    perform check_given('keep_ms', p_keep_ms);
    perform check_range('keep_ms', p_keep_ms, 60000, 604800000);
    select p.p_position, p.p_subscriptions, p.p_full, p.p_may_wait, p.p_ended
      into p_position, p_subscriptions, p_full, p_may_wait, p_ended
      from publish_message(p_destination, p_message_id, p_body, p_properties, p_priority, p_group_key, p_correlation_id,
                           p_reply_to, p_type, p_content_type, p_time_to_live_ms, p_delay_ms, p_deliver_at,
                           p_tracked => true, p_replace_key => p_replace_key) p;
    if p_subscriptions is not null then
        perform track(p_position, p_message_id, p_subscriptions, p_keep_ms);
    end if;
end
$$;

-- A message that nobody matched has no position and is complete.
create or replace function track(p_position bigint, p_message_id uuid, p_subscriptions integer[], p_keep_ms bigint)
returns void language sql volatile as $$
    insert into tracked (position, message_id, subscription_ids, subscriptions, keep_ms, check_at)
    values (coalesce(p_position, nextval('position')), p_message_id, p_subscriptions,
            array(select s.name from unnest(p_subscriptions) with ordinality u (id, n) join subscription s on s.id = u.id
                   order by u.n),
            p_keep_ms, clock_timestamp() + p_keep_ms * interval '1 millisecond')
$$;

-- One row for each subscription of each of these messages, outcome null while it is open; one row with subscription null
-- for a message that nobody matched; none for a message that is not, or not any more, or not yet known. When an id was used
-- more than once, the last of its messages.
create or replace function outcomes(p_message_ids uuid[])
returns table (message_id uuid, subscription text, outcome text, ended_at timestamptz)
language sql stable security definer
set search_path from current
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
    select t.message_id, u.name, o.outcome, o.ended_at
      from unnest(p_message_ids) m (id)
      cross join lateral (
            select * from tracked t where t.message_id = m.id order by t.position desc limit 1) t
      left join lateral unnest(t.subscription_ids, t.subscriptions) with ordinality u (id, name, n) on true
      left join outcome o on o.position = t.position and o.subscription_id = u.id
     order by u.n
$$;

-- Forgets the messages whose outcomes have all been kept for their time; looks at no more than p_limit.
create or replace function forget_outcomes(p_limit integer) returns integer language plpgsql
set enable_seqscan = off
as $$
declare
    v_now   timestamptz := clock_timestamp();
    v_row   record;
    v_count integer := 0;
begin
    for v_row in
        select t.position, t.keep_ms, cardinality(t.subscription_ids) as deliveries from tracked t
         where t.check_at <= v_now order by t.check_at limit p_limit for update skip locked
    loop
        delete from tracked t
         where t.position = v_row.position
           and v_row.deliveries = (select count(*) from outcome o where o.position = v_row.position
                                      and o.ended_at <= v_now - v_row.keep_ms * interval '1 millisecond');
        if found then
            delete from outcome o where o.position = v_row.position;
            v_count := v_count + 1;
        else
            update tracked t
               set check_at = greatest(v_now + interval '1 minute',
                                       (select max(o.ended_at) from outcome o where o.position = v_row.position)
                                       + v_row.keep_ms * interval '1 millisecond')
             where t.position = v_row.position;
        end if;
    end loop;
    return v_count;
end
$$;
