-- Publishing: the message once, one narrow delivery for each subscription of the destination whose filter is true.
--
-- Promises   INSERT only: works at every isolation level, inside savepoints, before PREPARE TRANSACTION. No row lock, no
--            foreign key check against a hot row, no NOTIFY. A message that nobody matched is not stored.
-- Locks      ROW EXCLUSIVE on message, delivery (and the leaf written to) or scheduled; nothing else.
-- Errors     PQ002 time, PQ003 a property that only we set, PQ005 body too large, or JSON too deep in publish(); from clients
--            it has been looked at. A subscription that is full is not an error here but p_full, its name, and
--            p_may_wait; nothing was written then and p_subscriptions is null. Nor is an
--            unknown destination, which leaves p_subscriptions null, so that a client with an outdated cache can look the name up again without having broken its caller's transaction.
--            p_ended: tracked ones made room for it, for whose outcome somebody may wait.
--            publish(), for SQL callers, raises PQ010 and PQ006 instead.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- What a selector sees of the headers. Every name is always there, null when absent: a jsonpath variable that is not
-- passed is an error even in silent mode and would abort the publish. What a JMS sender computed by its own clock is
-- shown as its receivers see it: in the id, if it is of version 7, and in the properties that carry headers.
create or replace function header_view(
    p_message_id uuid, p_priority smallint, p_sent_at timestamptz, p_expires_at timestamptz, p_due_at timestamptz,
    p_correlation_id text, p_type text, p_properties jsonb default null
) returns jsonb language sql stable
as $$
    select jsonb_build_object(
        'JMSDeliveryMode', coalesce(p_properties -> 'JMS_PGQ_DeliveryMode', '"PERSISTENT"'),
        'JMSPriority', p_priority,
        'JMSMessageID', case when p_properties ? 'JMS_PGQ_NoMessageID' then null else 'ID:' || p_message_id end,
        'JMSTimestamp', case when p_properties ? 'JMS_PGQ_NoTimestamp' then 0 else sent.ms end,
        'JMSCorrelationID', p_correlation_id,
        'JMSType', p_type,
        'JMSExpiration', coalesce(p_properties -> 'JMS_PGQ_Expiration',
                                  to_jsonb(coalesce(floor(extract(epoch from p_expires_at) * 1000), 0))),
        'JMSDeliveryTime', coalesce(p_properties -> 'JMS_PGQ_DeliveryTime',
                                    to_jsonb(coalesce(floor(extract(epoch from p_due_at) * 1000), sent.ms))))
      from (select case when substr(p_message_id::text, 15, 1) = '7'
                        then ('x' || replace(left(p_message_id::text, 13), '-', ''))::bit(48)::bigint
                        else floor(extract(epoch from p_sent_at) * 1000) end as ms) sent
$$;

-- What a filter may ask for beside the properties.
create or replace function header_names() returns text[] language sql stable as $$
    select array(select jsonb_object_keys(header_view(null, null, null, null, null, null, null)))
$$;

-- When a message stops being delivered. A life longer than the time range of the database is endless, one below zero is over
-- at once. Stable, as adding to a timestamptz is: PostgreSQL only inlines what claims no more than that.
create or replace function expiry_of(p_from timestamptz, p_time_to_live_ms bigint) returns timestamptz
language sql stable
as $$
    select case when p_time_to_live_ms < 31622400000000 then p_from + greatest(p_time_to_live_ms, 0) * interval '1 millisecond' end
$$;

create or replace function check_delivery_time(p_due_at timestamptz, p_now timestamptz, p_index integer default null)
returns void language plpgsql as $$
begin
    if p_due_at > p_now + interval '366 days' then
        perform raise_invalid(concat('delivery time', ' of message ' || p_index), p_due_at::text, 'at most 366 days ahead');
    end if;
end
$$;

create or replace function reject_large_body(p_bytes bigint, p_limit integer, p_index integer default null) returns void
language plpgsql as $$
begin
    raise exception using
        errcode = 'PQ005',
        message = format('The body%s has %s bytes, the destination takes at most %s',
                         ' of message ' || p_index, p_bytes, p_limit),
        hint = 'Send a reference to data kept elsewhere, or raise max_body_bytes of the destination (64 MiB at most).';
end
$$;

-- For times of the database's clock, which clients cannot check. A delay in a client's message was checked there, where
-- Jakarta Messaging allows a life shorter than the delay: such a message expires unseen.
create or replace function reject_short_life(p_time_to_live_ms bigint, p_deliver_at timestamptz, p_index integer default null)
returns void language plpgsql as $$
begin
    perform raise_invalid(concat('time_to_live', ' of message ' || p_index), p_time_to_live_ms || ' ms',
                          format('longer than until the delivery time, %s', p_deliver_at));
end
$$;

-- Of a list: the first one that is wrong is named by its place. p_first_index is that of the first one here.
create or replace function check_times(
    p_times_to_live_ms bigint[], p_deliver_ats timestamptz[], p_now timestamptz, p_first_index integer
) returns void language plpgsql as $$
declare
    v_wrong record;
begin
    for v_wrong in
        select u.time_to_live_ms, u.deliver_at, p_first_index + u.nth::integer - 1 as index
          from unnest(p_times_to_live_ms, p_deliver_ats) with ordinality as u (time_to_live_ms, deliver_at, nth)
         where u.deliver_at > p_now + interval '366 days'
            or u.deliver_at > p_now and expiry_of(p_now, u.time_to_live_ms) <= u.deliver_at
         order by u.nth limit 1
    loop
        perform check_delivery_time(v_wrong.deliver_at, p_now, v_wrong.index);
        perform reject_short_life(v_wrong.time_to_live_ms, v_wrong.deliver_at, v_wrong.index);
    end loop;
end
$$;

-- One message: plain statements only, because a data-modifying CTE costs a single publish a third of its speed. What most
-- messages need comes first, in as few plan nodes and columns as can be: PL/pgSQL makes ready every statement and expression
-- anew in each transaction, and this runs once in one (docs/adr/0017). With p_unflushed the transaction, which must be this
-- call's own, commits without waiting for the disk: the message may be missing after a crash of the server, but never half.
create or replace function publish_message(
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
    p_unflushed         boolean default false,
    p_tracked           boolean default null,
    p_replace_key       text default null,
    out p_position      bigint,
    out p_subscriptions integer[],
    out p_full          text,
    out p_may_wait      boolean,
    out p_ended         boolean
) language plpgsql security definer
set search_path from current
-- A plan made while there were few subscriptions would read all of everybody's later.
set enable_seqscan = off
as $$
declare
    v_now        timestamptz := clock_timestamp();
    v_slot       smallint;
    v_limit      integer;
    v_plain      boolean;
    v_retain_ms  bigint;
    v_json       jsonb;
    v_expires_at timestamptz;
    v_due_at     timestamptz;
    v_later      boolean;
    v_limited    boolean;
begin
    if p_unflushed then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    -- A subscription that needs more than a copy shows as 0.
    select d.max_body_bytes, d.retain_ms, d.retain_ms is null and d.demanded is null,
           array(select case when s.filter is null and s.body_path is null and s.delay_ms = 0 and s.max_depth is null
                             then s.id else 0 end
                   from subscription s where s.destination_id = p_destination and not s.routed)
      into v_limit, v_retain_ms, v_plain, p_subscriptions
      from destination d where d.id = p_destination;
    -- A publisher that reads the ring just before a rotation writes to the old slot; discovery finds its row, and
    -- maintenance marks that slot live again.
    v_slot := pg_sequence_last_value('ring_state') & 15;
    if v_plain and p_subscriptions[1] > 0 and 0 < all (p_subscriptions) and p_delay_ms is null and p_deliver_at is null
       and p_priority between 0 and 9 and p_message_id is not null and coalesce(octet_length(p_body), 0) <= v_limit
       and (p_properties is null or not are_forged(p_properties)) then
        insert into message (
            id, sent_at, expires_at, message_id, destination_id, slot, priority, group_key, correlation_id, reply_to, type,
            content_type, replace_key, properties, tracked, body)
        values (
            nextval('position'), v_now, expiry_of(v_now, p_time_to_live_ms), p_message_id, p_destination, v_slot, p_priority,
            p_group_key, p_correlation_id, p_reply_to, p_type, p_content_type, p_replace_key, p_properties, p_tracked, p_body)
        returning id into p_position;
        insert into delivery (position, subscription_id, body_bytes, slot, priority, group_key, replace_key, tracked)
        select p_position, unnest(p_subscriptions), coalesce(octet_length(p_body), 0), v_slot,
               lane_of(p_priority, p_group_key), p_group_key, p_replace_key, p_tracked;
        return;
    end if;
    if v_limit is null then
        return;
    end if;
    if are_forged(p_properties) then
        perform reject_forged(p_properties);
    end if;
    if (p_priority between 0 and 9) is not true then
        perform raise_invalid('priority', p_priority::text, '0 to 9');
    end if;
    if p_message_id is null then
        perform raise_invalid('message_id', null, 'given');
    end if;
    if p_delay_ms is not null then
        perform check_delay(p_delay_ms);
    end if;
    if octet_length(p_body) > v_limit then
        perform reject_large_body(octet_length(p_body), v_limit);
    end if;

    v_expires_at := expiry_of(v_now, p_time_to_live_ms);
    v_due_at := coalesce(p_deliver_at, v_now + p_delay_ms * interval '1 millisecond');
    perform check_delivery_time(v_due_at, v_now);
    if p_deliver_at > v_now and v_expires_at <= p_deliver_at then
        perform reject_short_life(p_time_to_live_ms, p_deliver_at);
    end if;
    if v_retain_ms is not null then
        perform share_history(p_destination);
    end if;
    -- A new subscription that begins with the history may have come meanwhile, so its filter is looked for here.
    if v_retain_ms is not null
       or (select d.reads_body from destination d where d.id = p_destination)
       or exists (select from subscription s
                   where s.destination_id = p_destination and not s.routed and s.body_path is not null) then
        v_json := body_view(p_body, p_content_type);
    end if;
    select array_agg(s.id), coalesce(bool_or(s.delay_ms > 0), false) or coalesce(v_due_at > v_now, false),
           bool_or(s.max_depth is not null)
      into p_subscriptions, v_later, v_limited
      from (select c.id, c.delay_ms, c.max_depth
              from subscription c
             where c.destination_id = p_destination and not c.routed
               and case when c.filter is null then true
                        else coalesce(jsonb_path_match(coalesce(p_properties, '{}'), c.filter,
                                 (select header_view(p_message_id, p_priority, v_now, v_expires_at, v_due_at, p_correlation_id,
                                                     p_type, p_properties)),
                                 true), false)
                   end
               and (c.body_path is null or coalesce(jsonb_path_match(v_json, c.body_path, '{}', true), false))
            union all
            select r.id, r.delay_ms, null
              from destination d
             cross join lateral routed(
                   d.id, d.demanded, p_properties,
                   header_view(p_message_id, p_priority, v_now, v_expires_at, v_due_at, p_correlation_id, p_type, p_properties),
                   v_json) r
             where d.id = p_destination and d.demanded is not null) s;
    if p_subscriptions is null and v_retain_ms is null then
        p_subscriptions := '{}';
        return;
    end if;
    if v_limited then
        select r.p_full, r.p_may_wait, r.p_ended into p_full, p_may_wait, p_ended from make_room(p_subscriptions, 1) r;
        if p_full is not null then
            p_subscriptions := null;
            return;
        end if;
    end if;
    p_position := nextval('position');
    if v_retain_ms is not null then
        insert into history (
            leaf, position, expires_at, sent_at, message_id, destination_id, priority, group_key, correlation_id, reply_to, type,
            content_type, properties, body)
        values (
            history_leaf(v_retain_ms, v_now), p_position, v_expires_at, v_now, p_message_id, p_destination, p_priority, p_group_key,
            p_correlation_id, p_reply_to, p_type, p_content_type, p_properties, p_body);
        if p_subscriptions is null then
            p_subscriptions := '{}';
            return;
        end if;
    end if;
    if v_later then
        insert into scheduled (
            subscription_id, position, due_at, retrying, epoch, attempts, replays, sent_at, expires_at, message_id,
            destination_id, priority, group_key, correlation_id, reply_to, type, content_type, replace_key, properties, tracked, body)
        select s.id, p_position, greatest(v_due_at, v_now + s.delay_ms * interval '1 millisecond'), false, 0, 0, 0, v_now,
               v_expires_at, p_message_id, p_destination, p_priority, p_group_key, p_correlation_id, p_reply_to, p_type,
               p_content_type, p_replace_key, p_properties, p_tracked, p_body
          from subscription s
         where s.id = any (p_subscriptions);
    else
        insert into message (
            id, sent_at, expires_at, message_id, destination_id, slot, priority, group_key, correlation_id, reply_to, type,
            content_type, replace_key, properties, tracked, body)
        values (
            p_position, v_now, v_expires_at, p_message_id, p_destination, v_slot, p_priority, p_group_key,
            p_correlation_id, p_reply_to, p_type, p_content_type, p_replace_key, p_properties, p_tracked, p_body);
        insert into delivery (position, subscription_id, body_bytes, slot, priority, group_key, replace_key, tracked)
        select p_position, unnest(p_subscriptions), coalesce(octet_length(p_body), 0), v_slot,
               lane_of(p_priority, p_group_key), p_group_key, p_replace_key, p_tracked;
    end if;
end
$$;

-- Many messages to one destination, all or nothing. An array of headers that is null means that no message has that
-- header. p_first_index is the place that the first one has in the sender's list, for errors. p_matched counts the deliveries of each message in the order of the input.
create or replace function publish_messages(
    p_destination       integer,
    p_message_ids       uuid[],
    p_bodies            bytea[],
    p_properties        jsonb[],
    p_priorities        smallint[],
    p_group_keys        text[],
    p_correlation_ids   text[],
    p_reply_tos         text[],
    p_types             text[],
    p_content_types     text[],
    p_times_to_live_ms  bigint[],
    p_delays_ms         bigint[],
    p_deliver_ats       timestamptz[],
    p_first_index       integer default 0,
    out p_first_position bigint,
    out p_subscriptions integer[],
    out p_matched       integer[],
    out p_full          text,
    out p_may_wait      boolean,
    out p_ended         boolean
) language plpgsql security definer
set search_path from current
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now         timestamptz := clock_timestamp();
    v_slot        smallint := pg_sequence_last_value('ring_state') & 15;
    v_count       integer := cardinality(p_message_ids);
    v_limit       integer;
    v_positions   bigint[];
    v_filtered    boolean;
    v_by_body     boolean;
    v_later       boolean;
    v_limited     boolean;
    v_retain_ms   bigint;
    v_demanded    boolean;
    v_forged      jsonb;
    v_largest     integer;
    v_to_all      boolean;
begin
    -- unnest() as a column here and below: as a table it would be copied, with all bodies, before the first row is looked at.
    select d.max_body_bytes, d.retain_ms,
           (select u.p from (select unnest(p_properties) as p) u where are_forged(u.p) limit 1),
           (select max(u.bytes) from (select octet_length(unnest(p_bodies)) as bytes) u),
           d.retain_ms is null and d.demanded is null and p_delays_ms is null and p_deliver_ats is null,
           array(select case when s.filter is null and s.body_path is null and s.delay_ms = 0 then s.id else 0 end
                   from subscription s where s.destination_id = p_destination and not s.routed),
           exists (select from subscription s where s.destination_id = p_destination and not s.routed and s.max_depth is not null)
      into v_limit, v_retain_ms, v_forged, v_largest, v_to_all, p_subscriptions, v_limited
      from destination d where d.id = p_destination;
    if not found then
        return;
    end if;
    if v_forged is not null then
        perform reject_forged(v_forged);
    end if;
    if (0 <= all (p_priorities) and 9 >= all (p_priorities) and array_position(p_message_ids, null) is null
        and are_as_long(v_count, array[
                cardinality(p_bodies), cardinality(p_properties), cardinality(p_priorities),
                cardinality(p_group_keys), cardinality(p_correlation_ids), cardinality(p_reply_tos),
                cardinality(p_types), cardinality(p_content_types), cardinality(p_times_to_live_ms),
                cardinality(p_delays_ms), cardinality(p_deliver_ats)])) is not true then
        perform check_lists(p_message_ids, p_priorities, jsonb_build_object(
                    'bodies', cardinality(p_bodies), 'properties', cardinality(p_properties),
                    'priorities', cardinality(p_priorities), 'group_keys', cardinality(p_group_keys),
                    'correlation_ids', cardinality(p_correlation_ids), 'reply_tos', cardinality(p_reply_tos),
                    'types', cardinality(p_types), 'content_types', cardinality(p_content_types),
                    'times_to_live_ms', cardinality(p_times_to_live_ms), 'delays_ms', cardinality(p_delays_ms),
                    'deliver_ats', cardinality(p_deliver_ats)));
    end if;
    if v_largest > v_limit then
        perform reject_large_body(octet_length(u.body), v_limit, p_first_index + u.index::integer - 1)
           from unnest(p_bodies) with ordinality as u (body, index) where octet_length(u.body) > v_limit;
    end if;

    v_to_all := v_to_all and p_subscriptions[1] > 0 and 0 < all (p_subscriptions);
    if not coalesce(v_to_all, false) then
        if p_delays_ms is not null then
            perform check_delay(d) from unnest(p_delays_ms) d;
        end if;
        if v_retain_ms is not null then
            perform share_history(p_destination);
        end if;
        select coalesce(array_agg(s.id) filter (where s.id is not null), '{}'),
               coalesce(bool_or(s.filter is not null), false) or bool_or(d.demanded is not null),
               coalesce(bool_or(s.body_path is not null), false) or bool_or(d.reads_body), coalesce(bool_or(s.delay_ms > 0), false),
               bool_or(s.max_depth is not null), bool_or(d.demanded is not null)
          into p_subscriptions, v_filtered, v_by_body, v_later, v_limited, v_demanded
          from destination d left join subscription s on s.destination_id = d.id and not s.routed
         where d.id = p_destination;
        if cardinality(p_subscriptions) = 0 and v_retain_ms is null and not v_demanded then
            p_matched := array_fill(0, array[v_count]);
            return;
        end if;
        if p_deliver_ats is not null then
            perform check_times(p_times_to_live_ms, p_deliver_ats, v_now, p_first_index);
        end if;
        v_to_all := not (v_filtered or v_by_body or v_later) and p_delays_ms is null and p_deliver_ats is null;
    end if;
    if v_limited then
        select r.p_full, r.p_may_wait, r.p_ended into p_full, p_may_wait, p_ended from make_room(p_subscriptions, v_count) r;
        if p_full is not null then
            p_subscriptions := null;
            return;
        end if;
    end if;
    v_positions := array(select nextval('position') from generate_series(1, v_count));
    p_first_position := v_positions[1];
    if v_retain_ms is not null then
        insert into history (
            leaf, position, expires_at, sent_at, message_id, destination_id, priority, group_key, correlation_id, reply_to, type,
            content_type, properties, body)
        select history_leaf(v_retain_ms, v_now), u.position, expiry_of(v_now, u.time_to_live_ms), v_now, u.message_id,
               p_destination, u.priority, u.group_key, u.correlation_id, u.reply_to, u.type, u.content_type, u.properties, u.body
          from unnest(v_positions, p_message_ids, p_bodies, p_properties, p_priorities, p_group_keys, p_correlation_ids,
                      p_reply_tos, p_types, p_content_types, p_times_to_live_ms)
               as u (position, message_id, body, properties, priority, group_key, correlation_id, reply_to, type, content_type,
                     time_to_live_ms);
        if cardinality(p_subscriptions) = 0 and not v_demanded then
            p_matched := array_fill(0, array[v_count]);
            return;
        end if;
    end if;

    -- Everybody gets everything, now: the usual case of a queue.
    if v_to_all then
        insert into message (
            id, sent_at, expires_at, message_id, destination_id, slot, priority, group_key, correlation_id, reply_to, type,
            content_type, properties, body)
        select u.position, v_now, expiry_of(v_now, u.time_to_live_ms), u.message_id, p_destination, v_slot, u.priority,
               u.group_key, u.correlation_id, u.reply_to, u.type, u.content_type, u.properties, u.body
          from (select unnest(v_positions) as position, unnest(p_message_ids) as message_id, unnest(p_bodies) as body,
                       unnest(p_properties) as properties, unnest(p_priorities) as priority,
                       unnest(p_group_keys) as group_key, unnest(p_correlation_ids) as correlation_id,
                       unnest(p_reply_tos) as reply_to, unnest(p_types) as type, unnest(p_content_types) as content_type,
                       unnest(p_times_to_live_ms) as time_to_live_ms) u;
        insert into delivery (position, subscription_id, body_bytes, slot, priority, group_key)
        select u.position, u.subscription_id, coalesce(octet_length(u.body), 0), v_slot, lane_of(u.priority, u.group_key),
               u.group_key
          from (select s as subscription_id, unnest(v_positions) as position, unnest(p_priorities) as priority,
                       unnest(p_group_keys) as group_key, unnest(p_bodies) as body
                  from unnest(p_subscriptions) s) u;
        p_matched := array_fill(cardinality(p_subscriptions), array[v_count]);
        return;
    end if;

    with timed as (
        select u.*, expiry_of(v_now, u.time_to_live_ms) as expires_at,
               coalesce(u.deliver_at, v_now + u.delay_ms * interval '1 millisecond') as due_at
          from unnest(v_positions, p_message_ids, p_bodies, p_properties, p_priorities, p_group_keys, p_correlation_ids,
                      p_reply_tos, p_types, p_content_types, p_times_to_live_ms, p_delays_ms, p_deliver_ats)
               as u (position, message_id, body, properties, priority, group_key, correlation_id, reply_to, type,
                     content_type, time_to_live_ms, delay_ms, deliver_at)
    ), incoming as materialized (
        select t.*, case when v_by_body then body_view(t.body, t.content_type) end as json,
               case when v_filtered then header_view(t.message_id, t.priority, v_now, t.expires_at, t.due_at,
                                                     t.correlation_id, t.type, t.properties) end as headers
          from timed t
    ), matched as materialized (
        select i.position, s.id as subscription_id, greatest(i.due_at, v_now + s.delay_ms * interval '1 millisecond') as due_at
          from incoming i
          cross join subscription s
         where s.destination_id = p_destination and not s.routed
           and (s.filter is null
                or coalesce(jsonb_path_match(coalesce(i.properties, '{}'), s.filter, i.headers, true), false))
           and (s.body_path is null or coalesce(jsonb_path_match(i.json, s.body_path, '{}', true), false))
        union all
        select i.position, r.id, greatest(i.due_at, v_now + r.delay_ms * interval '1 millisecond')
          from destination d
         cross join incoming i
         cross join lateral routed(d.id, d.demanded, i.properties, i.headers, i.json) r
         where d.id = p_destination and d.demanded is not null
    ), ready as (
        insert into delivery (position, subscription_id, body_bytes, slot, priority, group_key)
        select m.position, m.subscription_id, coalesce(octet_length(i.body), 0), v_slot, lane_of(i.priority, i.group_key),
               i.group_key
          from matched m join incoming i using (position)
         where m.due_at <= v_now
        returning position
    ), later as (
        insert into scheduled (
            subscription_id, position, due_at, retrying, epoch, attempts, replays, sent_at, expires_at, message_id,
            destination_id, priority, group_key, correlation_id, reply_to, type, content_type, properties, body)
        select m.subscription_id, m.position, m.due_at, false, 0, 0, 0, v_now, i.expires_at, i.message_id, p_destination,
               i.priority, i.group_key, i.correlation_id, i.reply_to, i.type, i.content_type, i.properties, i.body
          from matched m join incoming i using (position)
         where m.due_at > v_now
    ), stored as (
        insert into message (
            id, sent_at, expires_at, message_id, destination_id, slot, priority, group_key, correlation_id, reply_to, type,
            content_type, properties, body)
        select i.position, v_now, i.expires_at, i.message_id, p_destination, v_slot, i.priority, i.group_key,
               i.correlation_id, i.reply_to, i.type, i.content_type, i.properties, i.body
          from incoming i
         where i.position in (select position from ready)
    )
    select array(select (select count(*)::integer from matched m where m.position = p.position)
                   from unnest(v_positions) with ordinality as p (position, index) order by p.index),
           array(select distinct subscription_id from matched)
      into p_matched, p_subscriptions;
end
$$;

-- For psql, triggers and other languages: by name, under the same rules as every client. The body is bytea, or jsonb or json,
-- or text, which a literal without a type is; the content type says which, unless one is given. Nobody is woken unless
-- wake is true, which costs this transaction's commit a lock of the whole server.
create or replace function publish(
    destination     text,
    body            anycompatible,
    properties      jsonb       default null,
    priority        integer     default 4,
    time_to_live    interval    default null,
    delay           interval    default null,
    deliver_at      timestamptz default null,
    group_key       text        default null,
    correlation_id  text        default null,
    reply_to        text        default null,
    type            text        default null,
    content_type    text        default null,
    message_id      uuid        default null,
    dedup_key       text        default null,
    replace_key     text        default null,
    replace_mode    text        default null,
    track           boolean     default false,
    wake            boolean     default false,
    out published_id uuid,
    out matched     integer,
    out duplicate   boolean
) language plpgsql security definer
set search_path from current
as $$
#variable_conflict use_column
declare
    v_destination integer := (select d.id from destination d where d.name = publish.destination);
    -- Zero is for ever; the functions for clients take null for that, and expire at once what has no time.
    v_ttl_ms      bigint := case when time_to_live > '0' and isfinite(time_to_live)
                                 then greatest(1, extract(epoch from time_to_live) * 1000) end;
    v_delay_ms    bigint;
    v_body        bytea;
    v_flat        boolean := false;
    v_done        record;
begin
    -- Before anything is cast: a cast that the caller made for a type of his own would run with our owner's rights.
    if pg_typeof(body) <> all (array['bytea', 'text', 'varchar', 'bpchar', 'json', 'jsonb']::regtype[]) then
        perform raise_invalid('body', 'of type ' || pg_typeof(body), 'bytea, text, varchar, char, json or jsonb: cast it');
    end if;
    perform check_message_headers(properties, priority, time_to_live, delay, deliver_at, group_key, correlation_id, type,
                                  reply_to, content_type, dedup_key, replace_key, replace_mode);
    v_delay_ms := extract(epoch from delay) * 1000;
    priority := coalesce(priority, 4);
    if pg_typeof(body) = 'bytea'::regtype then
        v_body := body;
    else
        v_body := convert_to(body::text, 'UTF8');
    end if;
    content_type := coalesce(content_type, case when pg_typeof(body) = 'bytea'::regtype then 'application/octet-stream'
                                                when pg_typeof(body) in ('jsonb'::regtype, 'json') then 'application/json'
                                                else 'text/plain' end);
    -- The quick way, where the server has parsed the body already.
    if pg_typeof(body) = 'jsonb'::regtype then
        v_flat := not nests_deep(body::jsonb);
    end if;
    if not v_flat then
        perform check_json_depth(v_body, content_type, (select d.max_body_bytes from destination d where d.id = v_destination));
    end if;
    published_id := coalesce(message_id, uuid7());
    if dedup_key is null and replace_key is null and not track then
        select p.p_position as position, p.p_subscriptions as subscriptions, p.p_full as full_one, null::uuid as first_id,
               cardinality(p.p_subscriptions) as matched
          into v_done
          from publish_message(
                   v_destination, published_id, v_body, properties, priority::smallint, group_key, correlation_id, reply_to,
                   type, content_type, v_ttl_ms, v_delay_ms, deliver_at) p;
    else
        select p.p_first_position as position, p.p_subscriptions as subscriptions, p.p_full as full_one,
               p.p_duplicates[1] as first_id, p.p_matched[1] as matched
          into v_done
          from publish_with_keys(
                   v_destination, array[published_id], array[v_body], array[properties], array[priority::smallint],
                   array[group_key], array[correlation_id], array[reply_to], array[type], array[content_type],
                   array[v_ttl_ms], array[v_delay_ms], array[deliver_at],
                   case when dedup_key is not null then array[dedup_key] end,
                   case when replace_key is not null then array[replace_key] end, array[coalesce(replace_mode, 'replace')],
                   case when track then 3600000 end) p;
    end if;
    if v_done.full_one is not null then
        perform raise_full(v_done.full_one);
    end if;
    if v_done.subscriptions is null then
        perform raise_not_found('destination', destination);
    end if;
    duplicate := v_done.first_id is not null;
    published_id := coalesce(v_done.first_id, published_id);
    matched := v_done.matched;
    if wake and matched > 0 then
        perform pg_notify('pgqueue_' || current_schema(),
                          'sql|' || (select string_agg(s || ':' || (case when group_key is null then 1 << priority else 1 << 10 end) || ':' || v_done.position || ':1;', '')
                                       from unnest(v_done.subscriptions[1:200]) s));
    end if;
end
$$;

-- Version 7 of RFC 9562 section 5.7: 48 bits of Unix milliseconds, version and variant, the rest random.
create or replace function uuid7() returns uuid language sql volatile
as $$
    select encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
                from 1 for 6),
            52, 1), 53, 1),
        'hex')::uuid
$$;
