-- Keys that senders give: a deduplication key, of which one message is taken in a while; a replace key, of which one
-- message waits.
--
-- Promises   Without keys nothing of this runs. The first sender of a deduplication key is known by a unique index: a second
--            one waits for the first one's transaction; when that rolls back the key is free again. Keys are compared in
--            full. What a publish is not allowed leaves nothing behind, its keys included.
-- Locks      A row of dedup_key for each deduplication key. For each replace key an advisory lock of the transaction, one of
--            256 for a destination, so that a large batch cannot use up the server's lock table, and row locks on the
--            deliveries that are replaced or kept. Keys are taken in their order.
-- Errors     those of publishing; 40001 at REPEATABLE READ, when the first sender committed after the snapshot.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- A key stands in the leaf of the period in which it was sent, and in the leaf of the next period when it is valid beyond
-- the end of this one: two senders whose windows overlap meet in one leaf, committed or not. Windows up to 10 minutes, 2 hours,
-- 1 day and 7 days have periods of that length and four leaves each, two of which are in use (docs/adr/0009).
-- leaf_after is null when the key ends with its period.
create or replace function dedup_leaves(
    p_window_ms bigint, p_now timestamptz, out leaf integer, out leaf_after integer
) language plpgsql immutable as $$
declare
    v_class  integer := case when p_window_ms <= 600000 then 0 when p_window_ms <= 7200000 then 1
                             when p_window_ms <= 86400000 then 2 else 3 end;
    v_period bigint := (array[600000, 7200000, 86400000, 604800000])[v_class + 1];
    v_ms     bigint := floor(extract(epoch from p_now) * 1000);
begin
    leaf := 4 * v_class + v_ms / v_period % 4;
    if (v_ms + p_window_ms) / v_period > v_ms / v_period then
        leaf_after := 4 * v_class + (v_ms / v_period + 1) % 4;
    end if;
end
$$;

-- For each key, in the order given: null when it is taken for this message now, else the id of the message that has it. Null
-- for the whole when there is no such destination. A null key is no key.
create or replace function claim_dedup_keys(p_destination integer, p_keys text[], p_message_ids uuid[]) returns uuid[]
language plpgsql
set enable_seqscan = off
as $$
declare
    v_now        timestamptz := clock_timestamp();
    v_window_ms  bigint;
    v_leaf       integer;
    v_leaf_after integer;
    v_taken      text[];
    v_ours       text[];
    v_duplicates uuid[] := array_fill(null::uuid, array[cardinality(p_keys)]);
begin
    select dedup_window_ms into v_window_ms from destination where id = p_destination;
    if not found then
        return null;
    end if;
    select l.leaf, l.leaf_after into v_leaf, v_leaf_after from dedup_leaves(v_window_ms, v_now) l;
    v_ours := take_keys(v_leaf, p_destination, p_keys, p_message_ids, v_now, v_window_ms);
    v_taken := v_ours;
    if v_leaf_after is not null then
        v_taken := take_keys(v_leaf_after, p_destination,
                             array(select case when k = any (v_ours) then k end from unnest(p_keys) k),
                             p_message_ids, v_now, v_window_ms);
    end if;
    for i in 1 .. cardinality(p_keys) loop
        if p_keys[i] is null then
            continue;
        elsif p_keys[i] = any (v_taken) then
            -- The first of the list has it; what follows with the same key is a duplicate of that.
            v_taken := array_remove(v_taken, p_keys[i]);
        else
            -- A key that was free in this period's leaf but not in the next one's has its holder there.
            v_duplicates[i] := holder_of_key(
                case when v_leaf_after is not null and p_keys[i] = any (v_ours) then v_leaf_after else v_leaf end,
                p_destination, p_keys[i]);
        end if;
    end loop;
    return v_duplicates;
end
$$;

create or replace function take_keys(
    p_leaf integer, p_destination integer, p_keys text[], p_message_ids uuid[], p_now timestamptz, p_window_ms bigint
) returns text[] language sql volatile
as $$
    with taken as (
        insert into dedup_key (leaf, destination_id, key, message_id, until)
        select p_leaf, p_destination, u.key, u.message_id, p_now + p_window_ms * interval '1 millisecond'
          from (select distinct on (n.key) n.key, n.message_id
                  from unnest(p_keys, p_message_ids) with ordinality as n (key, message_id, index)
                 where n.key is not null
                 order by n.key, n.index) u
         order by u.key collate "C"
        on conflict (leaf, destination_id, key) do update set message_id = excluded.message_id, until = excluded.until
         where dedup_key.until <= p_now
        returning key)
    select array_agg(key) from taken
$$;

select install_for_each_slot($script$
create or replace function holder_of_key(p_leaf integer, p_destination integer, p_key text) returns uuid language plpgsql
set enable_seqscan = off
as $$
declare
    v_message_id uuid;
begin
    if p_leaf is not null then
        /*in slot p_leaf*/
            select message_id into v_message_id from dedup_key_<k>
             where leaf = <k> and destination_id = p_destination and key = p_key;
        /*end*/
    end if;
    return v_message_id;
end
$$;

-- Truncates one leaf if nobody needs it any more; when somebody still uses it, the next pass will.
create or replace function forget_keys(p_leaf integer) returns void language plpgsql as $$
begin
    /*in slot p_leaf*/
        if pg_relation_size('dedup_key_<k>') > 0 then
            lock table dedup_key_<k> in access exclusive mode;
            truncate dedup_key_<k>;
        end if;
    /*end*/
exception
    when lock_not_available then
        return;
end
$$;
$script$);

-- The leaves that are not those of this period or the next one.
create or replace function forget_old_keys() returns void language plpgsql as $$
declare
    v_window_ms bigint;
    v_leaf      integer;
begin
    foreach v_window_ms in array array[600000, 7200000, 86400000, 604800000] loop
        select l.leaf into v_leaf from dedup_leaves(v_window_ms, clock_timestamp()) l;
        perform forget_keys(v_leaf / 4 * 4 + (v_leaf + 2) % 4);
        perform forget_keys(v_leaf / 4 * 4 + (v_leaf + 3) % 4);
    end loop;
end
$$;

create or replace function lock_replace_keys(p_destination integer, p_keys text[]) returns void language plpgsql as $$
declare
    v_bucket integer;
begin
    for v_bucket in select distinct hashtext(k) & 255 from unnest(p_keys) k where k is not null order by 1 loop
        perform pg_advisory_xact_lock(
            hashtextextended(format('pgqueue replace key %s %s %s', current_schema(), p_destination, v_bucket), 0));
    end loop;
end
$$;

-- As lock_delivery(), but what others have locked for 50 ms, because they take or settle it, is as good as leased. Waiting
-- longer could be waiting for a handler that acked it and is about to publish with the key that is locked here. It looks
-- again instead of waiting with a lock_timeout, whose error needs a subtransaction with an id of its own for each message that
-- is replaced: from the 65th of a transaction on they cost everybody's snapshots some speed.
select install_for_each_slot($script$
create or replace function lock_or_leave(p_place place, out lease_until timestamptz, out due_at timestamptz) language plpgsql
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_slot integer := p_place.slot;
    v_gone boolean;
begin
    for v_look in 0 .. 10 loop
        if v_look > 0 then
            perform pg_sleep(0.005);
        end if;
        if v_slot < 0 then
            select '-infinity', s.due_at into lease_until, due_at from scheduled s
             where s.subscription_id = p_place.subscription_id and s.position = p_place.position for update skip locked;
            exit when found;
            v_gone := not exists (
                select from scheduled s where s.subscription_id = p_place.subscription_id and s.position = p_place.position);
        else
            /*in slot v_slot*/
                select d.lease_until into lease_until from delivery_<k> d
                 where d.subscription_id = p_place.subscription_id and d.priority = p_place.priority
                   and d.position = p_place.position for update skip locked;
                exit when found;
                v_gone := not exists (
                    select from delivery_<k> d
                     where d.subscription_id = p_place.subscription_id and d.priority = p_place.priority
                       and d.position = p_place.position);
            /*end*/
        end if;
        exit when v_gone;
    end loop;
    if not v_gone and lease_until is null then
        lease_until := 'infinity';
    end if;
end
$$;
$script$);

-- After a message with a replace key was written, of which at most one may wait in a subscription: what waited before goes,
-- or the new one does. What is leased stays, and the new one with it. Returns the subscriptions that keep the new one.
--   replace    the old one goes
--   keep_time  the old one goes, the new one takes its time; not its place, because a position is that of the one message
--              stored for all subscriptions, each of which may have an old one at another place
--   skip       the new one goes
create or replace function settle_replace_key(
    p_destination integer, p_replace_key text, p_mode text, p_position bigint, p_subscriptions integer[]
) returns integer[] language plpgsql as $$
declare
    v_now    timestamptz := clock_timestamp();
    v_places place[];
    v_new    place;
    v_old    place;
    v_held   record;
    v_moved  boolean;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception using errcode = 'PQ002',
            message = format('A replace key is used in a transaction of isolation level %s, it needs read committed: what '
                             'others published since its snapshot cannot be seen and would not be replaced',
                             current_setting('transaction_isolation')),
            hint = 'Publish it in a READ COMMITTED transaction, or without a replace key.';
    end if;
    for v_round in 1 .. 20 loop
        v_places := places_of(null, null, p_destination, p_replace_key);
        v_moved := false;
        foreach v_old in array coalesce(v_places, '{}') loop
            continue when v_old.position = p_position;
            -- Where the subscription's new one is; nowhere, when it does not match or was given up for another old one.
            select n.* into v_new from unnest(v_places) n
             where n.position = p_position and n.subscription_id = v_old.subscription_id
               and n.subscription_id = any (p_subscriptions);
            continue when not found;
            select * into v_held from lock_or_leave(v_old);
            v_moved := v_moved or v_held.lease_until is null;
            continue when v_held.lease_until is null or v_held.lease_until > v_now;
            if p_mode = 'skip' then
                perform remove_delivery(v_new);
                p_subscriptions := array_remove(p_subscriptions, v_new.subscription_id);
            else
                perform remove_delivery(v_old);
                if p_mode = 'keep_time' then
                    perform move_to_time(v_new, coalesce(v_held.due_at, v_now), v_now);
                end if;
            end if;
        end loop;
        if not v_moved then
            return p_subscriptions;
        end if;
    end loop;
    perform raise_moving();
end
$$;

create or replace function pick(p_values anyarray, p_indexes integer[]) returns anyarray language sql immutable
as $$ select array_agg(p_values[i] order by n) from unnest(p_indexes) with ordinality as u (i, n) where p_values is not null $$;

-- Publishes message by message what has a replace key or is tracked, the rest at once, after taking the deduplication keys.
-- p_subscriptions is null when the destination is unknown, and when one was full: then some of it may be written.
create or replace function publish_keyed(
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
    p_dedup_keys        text[],
    p_replace_keys      text[],
    p_replace_modes     text[],
    p_keep_ms           bigint default null,
    p_first_index       integer default 0,
    out p_first_position bigint,
    out p_subscriptions integer[],
    out p_matched       integer[],
    out p_duplicates    uuid[],
    out p_full          text,
    out p_may_wait      boolean,
    out p_ended         boolean
) language plpgsql as $$
declare
    v_count   integer := cardinality(p_message_ids);
    v_indexes integer[] := array(select generate_series(1, v_count));
    v_sent    record;
    v_kept    integer[];
begin
    if (array_position(p_message_ids, null) is null and array_position(p_priorities, null) is null
        and are_as_long(v_count, array[
                cardinality(p_bodies), cardinality(p_properties), cardinality(p_priorities),
                cardinality(p_group_keys), cardinality(p_correlation_ids), cardinality(p_reply_tos),
                cardinality(p_types), cardinality(p_content_types), cardinality(p_times_to_live_ms),
                cardinality(p_delays_ms), cardinality(p_deliver_ats), cardinality(p_dedup_keys),
                cardinality(p_replace_keys), cardinality(p_replace_modes)])) is not true then
        perform check_lists(p_message_ids, p_priorities, jsonb_build_object(
                    'bodies', cardinality(p_bodies), 'properties', cardinality(p_properties),
                    'priorities', cardinality(p_priorities), 'group_keys', cardinality(p_group_keys),
                    'correlation_ids', cardinality(p_correlation_ids), 'reply_tos', cardinality(p_reply_tos),
                    'types', cardinality(p_types), 'content_types', cardinality(p_content_types),
                    'times_to_live_ms', cardinality(p_times_to_live_ms), 'delays_ms', cardinality(p_delays_ms),
                    'deliver_ats', cardinality(p_deliver_ats), 'dedup_keys', cardinality(p_dedup_keys),
                    'replace_keys', cardinality(p_replace_keys), 'replace_modes', cardinality(p_replace_modes)));
    end if;
    -- A single message needs no place.
    if p_first_index > 0 or cardinality(p_deliver_ats) > 1 then
        perform check_times(p_times_to_live_ms, p_deliver_ats, clock_timestamp(), p_first_index);
    end if;
    if p_dedup_keys is not null then
        p_duplicates := claim_dedup_keys(p_destination, p_dedup_keys, p_message_ids);
        if p_duplicates is null then
            return;
        end if;
        v_indexes := array(select i from generate_series(1, v_count) i where p_duplicates[i] is null);
    end if;
    p_matched := array_fill(0, array[v_count]);
    p_subscriptions := '{}';
    if cardinality(v_indexes) > 0 and p_replace_keys is null and p_keep_ms is null then
        select * into v_sent
          from publish_messages(
                   p_destination, pick(p_message_ids, v_indexes), pick(p_bodies, v_indexes),
                   pick(p_properties, v_indexes), pick(p_priorities, v_indexes), pick(p_group_keys, v_indexes),
                   pick(p_correlation_ids, v_indexes), pick(p_reply_tos, v_indexes), pick(p_types, v_indexes),
                   pick(p_content_types, v_indexes), pick(p_times_to_live_ms, v_indexes),
                   pick(p_delays_ms, v_indexes), pick(p_deliver_ats, v_indexes)) s;
        p_first_position := v_sent.p_first_position;
        p_subscriptions := v_sent.p_subscriptions;
        p_full := v_sent.p_full;
        p_may_wait := v_sent.p_may_wait;
        p_ended := v_sent.p_ended;
        for i in 1 .. coalesce(cardinality(v_sent.p_matched), 0) loop
            p_matched[v_indexes[i]] := v_sent.p_matched[i];
        end loop;
    elsif cardinality(v_indexes) > 0 then
        perform lock_replace_keys(p_destination, pick(p_replace_keys, v_indexes));
        for i in 1 .. v_count loop
            continue when not i = any (v_indexes);
            if p_keep_ms is null then
                select * into v_sent
                  from publish_message(
                           p_destination, p_message_ids[i], p_bodies[i], p_properties[i], p_priorities[i],
                           p_group_keys[i], p_correlation_ids[i], p_reply_tos[i], p_types[i], p_content_types[i],
                           p_times_to_live_ms[i], p_delays_ms[i], p_deliver_ats[i],
                           p_replace_key => p_replace_keys[i]) s;
            else
                select * into v_sent
                  from publish_tracked(
                           p_destination, p_message_ids[i], p_bodies[i], p_properties[i], p_priorities[i],
                           p_group_keys[i], p_correlation_ids[i], p_reply_tos[i], p_types[i], p_content_types[i],
                           p_times_to_live_ms[i], p_delays_ms[i], p_deliver_ats[i], p_keep_ms, p_replace_keys[i]) s;
            end if;
            p_full := v_sent.p_full;
            p_may_wait := v_sent.p_may_wait;
            p_ended := p_ended or v_sent.p_ended;
            v_kept := v_sent.p_subscriptions;
            if p_replace_keys[i] is not null and v_sent.p_position is not null and p_full is null then
                v_kept := settle_replace_key(p_destination, p_replace_keys[i], p_replace_modes[i], v_sent.p_position, v_kept);
            end if;
            p_first_position := least(p_first_position, v_sent.p_position);
            p_matched[i] := cardinality(v_kept);
            p_subscriptions := array(select unnest(p_subscriptions) union select unnest(v_kept));
            if v_kept is null then
                p_subscriptions := null;
                exit;
            end if;
        end loop;
    end if;
end
$$;

-- As publish_messages(), for messages of which some have a key, or whose outcomes are kept for p_keep_ms. p_duplicates has,
-- for each message in the order of the input, the id of the message that it is a duplicate of, else null; null for the whole
-- when none is.
create or replace function publish_with_keys(
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
    p_dedup_keys        text[],
    p_replace_keys      text[],
    p_replace_modes     text[],
    p_keep_ms           bigint default null,
    p_first_index       integer default 0,
    out p_first_position bigint,
    out p_subscriptions integer[],
    out p_matched       integer[],
    out p_duplicates    uuid[],
    out p_full          text,
    out p_may_wait      boolean,
    out p_ended         boolean
) language plpgsql security definer
set search_path from current
as $$
declare
    v_limited boolean := exists (select from subscription s where s.destination_id = p_destination and s.max_depth is not null);
    v_sent    record;
begin
    -- Nothing is published where one is full, so nobody may have the keys. A block that is undone costs a transaction id and,
    -- from the 65th of a transaction on, everybody's snapshots some speed: only where there are limits.
    if v_limited then
        begin
            select * into v_sent
              from publish_keyed(
                       p_destination, p_message_ids, p_bodies, p_properties, p_priorities, p_group_keys, p_correlation_ids,
                       p_reply_tos, p_types, p_content_types, p_times_to_live_ms, p_delays_ms, p_deliver_ats, p_dedup_keys,
                       p_replace_keys, p_replace_modes, p_keep_ms, p_first_index);
            -- (A condition that ends in 000 would catch its whole class.)
            if v_sent.p_subscriptions is null then
                raise sqlstate 'PQ099';
            end if;
        exception when sqlstate 'PQ099' then
            null;
        end;
    else
        select * into v_sent
          from publish_keyed(
                   p_destination, p_message_ids, p_bodies, p_properties, p_priorities, p_group_keys, p_correlation_ids,
                   p_reply_tos, p_types, p_content_types, p_times_to_live_ms, p_delays_ms, p_deliver_ats, p_dedup_keys,
                   p_replace_keys, p_replace_modes, p_keep_ms, p_first_index);
        if v_sent.p_full is not null then
            raise exception using errcode = '40001',
                message = format('Subscription %L got a limit at this moment, and is full', v_sent.p_full),
                hint = 'Repeat the transaction.';
        end if;
    end if;
    p_first_position := v_sent.p_first_position;
    p_subscriptions := v_sent.p_subscriptions;
    p_matched := v_sent.p_matched;
    p_duplicates := v_sent.p_duplicates;
    p_full := v_sent.p_full;
    p_may_wait := v_sent.p_may_wait;
    p_ended := v_sent.p_ended;
end
$$;
