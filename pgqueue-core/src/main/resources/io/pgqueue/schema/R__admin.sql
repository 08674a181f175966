-- Administration: create, change, look up, list and drop destinations and subscriptions.
--
-- Promises   Everything is checked before anything is written. A subscription is counted in from the next publish on; one
--            that was dropped leaves nothing behind but what a publish in flight at that moment still writes, which
--            maintenance removes.
-- Locks      Row locks on the definitions, the destination before its subscriptions (share_destination_of), those in the order of
--            their ids, then on deliveries in the order of position.
-- Errors     PQ001 name, PQ002 setting, PQ004 filter, PQ006 not found, PQ007 already exists, PQ008 not empty.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Settings of a destination itself; the others are its subscriptions'.
create or replace function own_settings() returns text[] language sql immutable as $$
    select array['max_body_bytes', 'dedup_window_ms', 'retain_ms']
$$;

-- What is given to a subscription, its queue's included.
create or replace function check_subscription_settings(p_settings jsonb) returns void language plpgsql as $$
begin
    perform check_settings(p_settings);
    if p_settings ?| own_settings() then
        perform raise_invalid('settings', p_settings::text, 'without ' || array_to_string(own_settings(), ', ')
            || ', which are the destination''s: give them when it is created, or to alter_destination');
    end if;
end
$$;

-- Changes the named ones. History is kept of what is published from then on, for the new time; what is there already stays
-- no longer than it would have.
create or replace function alter_destination(p_name text, p_settings jsonb) returns void language plpgsql security definer
set search_path from current
as $$
begin
    perform check_settings(p_settings);
    if p_settings - own_settings() <> '{}' then
        perform raise_invalid('settings', (p_settings - own_settings())::text,
                              'some of ' || array_to_string(own_settings(), ', ') || '; the others are given to alter_subscription');
    end if;
    update destination d
       set max_body_bytes = coalesce((p_settings ->> 'max_body_bytes')::integer, d.max_body_bytes),
           dedup_window_ms = coalesce((p_settings ->> 'dedup_window_ms')::bigint, d.dedup_window_ms),
           retain_ms = case when p_settings ? 'retain_ms' then nullif((p_settings ->> 'retain_ms')::bigint, 0) else d.retain_ms end,
           updated_at = clock_timestamp()
     where d.name = p_name;
    if not found then
        perform raise_not_found('destination', p_name);
    end if;
end
$$;

-- Returns the id; null when there is a destination of that name already and p_declare says that this is no error.
create or replace function create_destination(
    p_kind text, p_name text, p_settings jsonb default '{}', p_declare boolean default false
) returns integer language plpgsql security definer
set search_path from current
as $$
declare
    v_id  integer;
    v_own text[] := own_settings();
begin
    perform check_kind(p_kind);
    perform check_name(p_kind, p_name);
    perform check_settings(p_settings);
    if p_kind = 'queue' then
        perform check_no_filter(p_settings);
    end if;
    if p_kind = 'topic' and p_settings - v_own <> '{}' then
        perform raise_invalid('settings', (p_settings - v_own)::text,
                              'given to the subscriptions of a topic; the topic itself has ' || array_to_string(v_own, ', '));
    end if;
    v_id := nextval('destination_id');
    insert into destination (id, name, kind, max_body_bytes, dedup_window_ms, retain_ms)
    values (v_id, p_name, p_kind, coalesce((p_settings ->> 'max_body_bytes')::integer, 4194304),
            coalesce((p_settings ->> 'dedup_window_ms')::bigint, 300000), nullif((p_settings ->> 'retain_ms')::bigint, 0))
    on conflict do nothing;
    if not found then
        if p_declare then
            return null;
        end if;
        perform raise_exists((select kind from destination where name = p_name), p_name);
    end if;
    if p_kind = 'queue' then
        perform insert_subscription(v_id, p_name, true, p_settings - v_own);
    end if;
    return v_id;
end
$$;

create or replace function create_queue(name text, settings jsonb default '{}', declare_only boolean default false)
returns integer language sql security definer
set search_path from current
as $$ select create_destination('queue', name, settings, declare_only) $$;

create or replace function create_topic(name text, settings jsonb default '{}', declare_only boolean default false)
returns integer language sql security definer
set search_path from current
as $$ select create_destination('topic', name, settings, declare_only) $$;

-- With start_from (a time) or start_position it also gets what the topic was sent before, of what is kept: '-infinity' for all.
create or replace function create_subscription(
    topic text, name text, settings jsonb default '{}', declare_only boolean default false,
    start_from timestamptz default null, start_position bigint default null
) returns integer language plpgsql security definer
set search_path from current
as $$
declare
    v_topic destination;
    v_id    integer;
begin
    perform check_name('subscription', name);
    perform check_subscription_settings(settings);
    -- Held against a concurrent drop of the topic.
    select * into v_topic from destination d where d.name = topic for key share;
    if not found then
        perform raise_not_found('topic', topic);
    end if;
    if v_topic.kind = 'queue' then
        perform raise_invalid('topic', quote_literal(topic), 'a topic; it is a queue, which has one subscription of its own');
    end if;
    if v_topic.owner is not null then
        perform raise_invalid('topic', quote_literal(topic), 'one that stays; it is temporary and has no durable subscriptions');
    end if;
    if declare_only and exists (select from find_subscription(topic, name)) then
        return null;
    end if;
    if start_from is null and start_position is null then
        return insert_subscription(v_topic.id, name, false, settings, declare_only);
    end if;
    if v_topic.retain_ms is null then
        perform raise_no_history(topic);
    end if;
    -- Nobody publishes between what is replayed and what the subscription is counted in for.
    perform own_history(v_topic.id);
    v_id := insert_subscription(v_topic.id, name, false, settings, declare_only);
    if v_id is not null then
        perform rewind(v_id, start_from, start_position);
    end if;
    return v_id;
end
$$;

create or replace function insert_subscription(
    p_destination integer, p_name text, p_implicit boolean, p_settings jsonb, p_declare boolean default false
) returns integer language plpgsql as $$
declare
    v_id integer := nextval('subscription_id');
begin
    -- As apply_settings() will have it, else publishing walks over the index entry of this version until it is vacuumed.
    insert into subscription (id, destination_id, name, implicit, routed)
    values (v_id, p_destination, p_name, p_implicit, may_be_routed(p_destination, p_settings))
    on conflict do nothing;
    if not found then
        if p_declare then
            return null;
        end if;
        perform raise_exists('subscription', p_name);
    end if;
    perform apply_settings(v_id, p_settings);
    return v_id;
end
$$;

create or replace function raise_exists(p_kind text, p_name text) returns void language plpgsql as $$
begin
    raise exception using errcode = 'PQ007',
        message = format('There is a %s %L already', p_kind, p_name),
        hint = 'Use another name, or declare it, which accepts what exists with the same settings.';
end
$$;

-- To be called before a subscription is locked by whoever changes or drops it. Who drops a topic locks it before its
-- subscriptions, and what changes one that is looked up by value comes to the topic in the end: without this the two would wait
-- for each other. Of two who change different ones neither waits for the other here.
create or replace function share_destination_of(p_subscription integer) returns void language plpgsql as $$
begin
    perform from destination d where d.id = (select s.destination_id from subscription s where s.id = p_subscription) for key share;
end
$$;

-- Changes the named settings; lease and backoff count from the next lease or nack, retention and filter at once.
create or replace function apply_settings(p_subscription integer, p_settings jsonb) returns void language plpgsql as $$
declare
    v_new subscription;
begin
    perform share_destination_of(p_subscription);
    select * into v_new from subscription where id = p_subscription for update;
    v_new := checked_filter(v_new, p_settings);
    v_new.lease_ms := coalesce((p_settings ->> 'lease_ms')::bigint, v_new.lease_ms);
    v_new.max_attempts := coalesce((p_settings ->> 'max_attempts')::integer, v_new.max_attempts);
    v_new.backoff_base_ms := coalesce((p_settings ->> 'backoff_base_ms')::bigint, v_new.backoff_base_ms);
    v_new.backoff_max_ms := coalesce((p_settings ->> 'backoff_max_ms')::bigint, v_new.backoff_max_ms);
    v_new.backoff_multiplier := coalesce((p_settings ->> 'backoff_multiplier')::float8, v_new.backoff_multiplier);
    v_new.jitter_percent := coalesce((p_settings ->> 'jitter_percent')::integer, v_new.jitter_percent);
    v_new.retention_ms := case when p_settings ? 'retention_ms' then (p_settings ->> 'retention_ms')::bigint
                               else v_new.retention_ms end;
    v_new.on_expiry := coalesce(p_settings ->> 'on_expiry', v_new.on_expiry);
    v_new.delay_ms := coalesce((p_settings ->> 'delay_ms')::bigint, v_new.delay_ms);
    v_new.max_depth := case when p_settings ? 'max_depth' then (p_settings ->> 'max_depth')::integer else v_new.max_depth end;
    v_new.on_full := coalesce(p_settings ->> 'on_full', v_new.on_full);
    v_new.retry_timeout_ms := case when p_settings ? 'retry_timeout_ms' then (p_settings ->> 'retry_timeout_ms')::bigint
                                   else v_new.retry_timeout_ms end;
    v_new.park_after := coalesce((p_settings ->> 'park_after')::integer, v_new.park_after);
    v_new.dead_letter_max_age_ms := case when p_settings ? 'dead_letter_max_age_ms'
                                         then (p_settings ->> 'dead_letter_max_age_ms')::bigint
                                         else v_new.dead_letter_max_age_ms end;
    if p_settings ? 'dead_letter_queue' then
        v_new.dead_letter_to := other_queue('dead_letter_queue', p_settings ->> 'dead_letter_queue', p_subscription);
    end if;
    if p_settings ? 'expiry_queue' then
        v_new.expired_to := other_queue('expiry_queue', p_settings ->> 'expiry_queue', p_subscription);
    end if;
    if (v_new.on_expiry = 'move') <> (v_new.expired_to is not null) then
        perform raise_invalid('expiry_queue', coalesce(quote_literal(p_settings ->> 'expiry_queue'), 'null'),
                              'given when on_expiry is move, and only then');
    end if;
    v_new.group_policy := coalesce(p_settings ->> 'group_policy', v_new.group_policy);
    if v_new.backoff_base_ms > v_new.backoff_max_ms then
        perform raise_invalid('backoff_base_ms', v_new.backoff_base_ms::text,
                              format('at most backoff_max_ms, which is %s', v_new.backoff_max_ms));
    end if;
    if p_settings ? 'expire_after_idle_ms' then
        v_new.expire_after_idle_ms := (p_settings ->> 'expire_after_idle_ms')::bigint;
        if v_new.expire_after_idle_ms is not null then
            perform check_may_be_idle(v_new);
        end if;
        perform watch_activity(p_subscription, v_new.expire_after_idle_ms);
    end if;
    v_new.routed := set_route(v_new);
    update subscription
       set selector = v_new.selector, attribute_filter = v_new.attribute_filter, body_filter = v_new.body_filter,
           filter = v_new.filter, body_path = v_new.body_path, demands = v_new.demands, routed = v_new.routed, lease_ms = v_new.lease_ms, max_attempts = v_new.max_attempts,
           backoff_base_ms = v_new.backoff_base_ms, backoff_max_ms = v_new.backoff_max_ms,
           backoff_multiplier = v_new.backoff_multiplier, jitter_percent = v_new.jitter_percent,
           retention_ms = v_new.retention_ms, on_expiry = v_new.on_expiry, delay_ms = v_new.delay_ms,
           max_depth = v_new.max_depth, on_full = v_new.on_full, retry_timeout_ms = v_new.retry_timeout_ms, group_policy = v_new.group_policy,
           park_after = v_new.park_after, dead_letter_max_age_ms = v_new.dead_letter_max_age_ms,
           dead_letter_to = v_new.dead_letter_to, expired_to = v_new.expired_to,
           expire_after_idle_ms = v_new.expire_after_idle_ms, updated_at = clock_timestamp()
     where id = p_subscription;
end
$$;

-- The subscription of the queue that dead letters or expired messages go to.
create or replace function other_queue(p_field text, p_name text, p_subscription integer) returns integer
language plpgsql as $$
declare
    v_queue subscription;
begin
    if p_name is null then
        return null;
    end if;
    v_queue := target_queue(p_field, p_name);
    if v_queue.id = p_subscription then
        perform raise_invalid(p_field, quote_literal(p_name), 'another queue than the subscription''s own');
    end if;
    return v_queue.id;
end
$$;

create or replace function alter_subscription(p_subscription integer, p_settings jsonb) returns void
language plpgsql security definer
set search_path from current
as $$
begin
    perform check_subscription_settings(p_settings);
    if not exists (select from subscription where id = p_subscription) then
        perform raise_not_found('subscription', '#' || p_subscription);
    end if;
    if (select implicit from subscription where id = p_subscription) then
        perform check_no_filter(p_settings);
    end if;
    perform apply_settings(p_subscription, p_settings);
end
$$;

-- As a client gives and gets them.
create or replace function settings_of(p_subscription subscription) returns jsonb language sql stable
as $$
    select jsonb_build_object(
        'selector', p_subscription.selector, 'attribute_filter', p_subscription.attribute_filter,
        'body_filter', p_subscription.body_filter, 'filter', p_subscription.filter::text,
        'body_path', p_subscription.body_path::text, 'lease_ms', p_subscription.lease_ms,
        'max_attempts', p_subscription.max_attempts, 'backoff_base_ms', p_subscription.backoff_base_ms,
        'backoff_max_ms', p_subscription.backoff_max_ms, 'backoff_multiplier', p_subscription.backoff_multiplier,
        'jitter_percent', p_subscription.jitter_percent, 'retention_ms', p_subscription.retention_ms,
        'on_expiry', p_subscription.on_expiry, 'delay_ms', p_subscription.delay_ms,
        'max_depth', p_subscription.max_depth, 'on_full', p_subscription.on_full,
        'retry_timeout_ms', p_subscription.retry_timeout_ms, 'group_policy', p_subscription.group_policy,
        'park_after', p_subscription.park_after, 'dead_letter_max_age_ms', p_subscription.dead_letter_max_age_ms,
        'dead_letter_queue', (select name from subscription where id = p_subscription.dead_letter_to),
        'expiry_queue', (select name from subscription where id = p_subscription.expired_to),
        'expire_after_idle_ms', p_subscription.expire_after_idle_ms)
$$;

-- By name; no row when there is none. Clients keep the ids, which are never used twice.
create or replace function find_destination(
    p_name text, out id integer, out kind text, out max_body_bytes integer, out owner uuid, out dedup_window_ms bigint,
    out retain_ms bigint
) returns setof record language sql stable security definer
set search_path from current
as $$ select d.id, d.kind, d.max_body_bytes, d.owner, d.dedup_window_ms, d.retain_ms from destination d where d.name = p_name $$;

-- The subscription of a queue (p_topic null), or a durable one of a topic without client id, by name. owner is that of a
-- temporary destination.
create or replace function find_subscription(
    p_topic text, p_name text, out id integer, out lease_ms bigint, out settings jsonb, out owner uuid
) returns setof record language sql stable security definer
set search_path from current
as $$
    select s.id, s.lease_ms, settings_of(s), d.owner from subscription s join destination d on d.id = s.destination_id
     where s.name = p_name and s.implicit = (p_topic is null) and (p_topic is null or d.name = p_topic)
       and s.durable and s.client_id is null
$$;

-- The id of the subscription of a queue (p_topic null), or of a durable one of a topic, for the functions that take one. One
-- with a client id is named 'client-id/name', for administration only: its consumers go through subscribe(), which lets one of them in.
create or replace function subscription_named(p_topic text, p_name text) returns integer language plpgsql stable security definer
set search_path from current
as $$
declare
    v_slash integer := strpos(p_name, '/');
    v_id    integer;
begin
    if v_slash > 0 then
        select s.id into v_id from subscription s join destination d on d.id = s.destination_id
         where s.name = substr(p_name, v_slash + 1) and s.client_id = left(p_name, v_slash - 1) and d.name = p_topic
           and not s.implicit and s.durable;
    else
        select f.id into v_id from find_subscription(p_topic, p_name) f;
    end if;
    if v_id is null then
        perform raise_not_found(case when p_topic is null then 'queue' else format('subscription of topic %L named', p_topic) end,
                                p_name);
    end if;
    return v_id;
end
$$;

create or replace function subscription_settings(p_subscription integer) returns jsonb language sql stable security definer
set search_path from current
as $$ select settings_of(s) from subscription s where s.id = p_subscription $$;

create or replace function list_destinations(p_after text default '', p_limit integer default 100)
returns table (id integer, name text, kind text, max_body_bytes integer, created_at timestamptz)
language plpgsql stable security definer
set search_path from current
as $$
#variable_conflict use_column
begin
    p_limit := check_limit(least(p_limit, 1000));
    return query
    select d.id, d.name, d.kind, d.max_body_bytes, d.created_at from destination d
     where d.name > p_after collate "C" order by d.name collate "C" limit p_limit;
end
$$;

-- Those that are durable, of one topic or of all, by address: what subscription_named takes. p_of_clients: also those with a
-- client id.
create or replace function list_subscriptions(
    p_topic text default null, p_after text default '', p_limit integer default 100, p_of_clients boolean default true
) returns table (id integer, topic text, name text, settings jsonb, paused boolean, client_id text, address text)
language plpgsql stable security definer
set search_path from current
as $$
#variable_conflict use_column
begin
    p_limit := check_limit(least(p_limit, 1000));
    return query
    select s.id, d.name, s.name, settings_of(s), s.paused, s.client_id, a.address
      from subscription s join destination d on d.id = s.destination_id
      cross join lateral (select coalesce(s.client_id || '/', '') || s.name as address) a
     where a.address > p_after collate "C" and not s.implicit and s.durable and (p_of_clients or s.client_id is null)
       and (p_topic is null or d.name = p_topic)
     order by a.address collate "C" limit p_limit;
end
$$;

-- What keeps a subscription from being dropped, for people to read; null when nothing does. Counts no further than 1000.
create or replace function contents_of(p_subscription integer) returns text language sql stable as $$
    select string_agg(case when count > 1000 then 'more than 1000' else count::text end || what, ' and ')
      from (select count(*), ' unfinished deliveries' as what
              from (select from delivery where subscription_id = p_subscription
                    union all select from scheduled where subscription_id = p_subscription limit 1001) w
            union all
            select count(*), ' dead letters'
              from (select from dead_letter where subscription_id = p_subscription limit 1001) l) c
     where count > 0
$$;

-- Drops a subscription of a topic; that of a queue goes with the queue. Unfinished deliveries, dead letters, and others that
-- send theirs here stand in the way unless p_cascade removes them. Returns what was removed.
create or replace function drop_subscription(
    p_subscription integer, p_cascade boolean default false, out deliveries bigint, out dead_letters bigint
) language plpgsql security definer
set search_path from current
as $$
declare
    v_subscription subscription;
begin
    select * into v_subscription from subscription where id = p_subscription;
    if v_subscription.implicit then
        perform raise_invalid('subscription', quote_literal(v_subscription.name),
                              'one of a topic; this is a queue, which drop_destination drops');
    end if;
    select r.deliveries, r.dead_letters into deliveries, dead_letters from remove_subscription(p_subscription, p_cascade) r;
end
$$;

create or replace function remove_subscription(
    p_subscription integer, p_cascade boolean, out deliveries bigint, out dead_letters bigint
) language plpgsql as $$
declare
    v_subscription subscription;
    v_contents     text;
    v_others       text;
begin
    perform share_destination_of(p_subscription);
    -- Publishers count the subscription in until this commits; what they write meanwhile is removed by maintenance. Those that
    -- send theirs here are changed below and locked now, all in one order: of two queues that get each other's dead letters,
    -- both may be dropped at once.
    perform from subscription where id = p_subscription or p_subscription in (dead_letter_to, expired_to) order by id for update;
    select * into v_subscription from subscription where id = p_subscription;
    if not found then
        perform raise_not_found('subscription', '#' || p_subscription);
    end if;
    select string_agg(quote_literal(name), ', ' order by name) into v_others
      from subscription where p_subscription in (dead_letter_to, expired_to) and id <> p_subscription;
    if not p_cascade then
        v_contents := contents_of(p_subscription);
        if v_contents is not null then
            raise exception using errcode = 'PQ008',
                message = format('%s %L still has %s', case when v_subscription.implicit then 'Queue' else 'Subscription' end,
                                 v_subscription.name, v_contents),
                hint = 'Let consumers finish, discard the dead letters, or drop with cascade, which removes them all.';
        elsif v_others is not null then
            raise exception using errcode = 'PQ008',
                message = format('Queue %L gets the dead letters or expired messages of %s', v_subscription.name, v_others),
                hint = 'Give those another queue first, or drop with cascade: then they keep their dead letters themselves.';
        end if;
    end if;
    update subscription
       set dead_letter_to = nullif(dead_letter_to, p_subscription), expired_to = nullif(expired_to, p_subscription),
           on_expiry = case when expired_to = p_subscription then 'dead_letter' else on_expiry end
     where p_subscription in (dead_letter_to, expired_to);
    delete from subscription where id = p_subscription;
    if v_subscription.routed then
        perform note_demands(v_subscription.destination_id);
    end if;
    deliveries := purge(p_subscription, true);
    -- What somebody redrives at the moment is not waited for: he may wait for what was purged. The sweep removes the rest.
    with gone as (
        delete from dead_letter d
         where d.ctid = any (array(
               select o.ctid from dead_letter o where o.subscription_id = p_subscription for update skip locked))
        returning 1)
    select count(*) into dead_letters from gone;
end
$$;

create or replace function drop_destination(
    p_name text, p_cascade boolean default false,
    out subscriptions integer, out deliveries bigint, out dead_letters bigint
) language plpgsql security definer
set search_path from current
as $$
declare
    v_destination  destination;
    v_subscription integer;
    v_removed      record;
begin
    select * into v_destination from destination where name = p_name for update;
    if not found then
        perform raise_not_found('destination', p_name);
    end if;
    select count(*) into subscriptions from subscription where destination_id = v_destination.id;
    if v_destination.kind = 'topic' and subscriptions > 0 and not p_cascade then
        raise exception using errcode = 'PQ008',
            message = format('Topic %L still has %s subscriptions', p_name, subscriptions),
            hint = 'Drop its subscriptions first, or drop with cascade, which removes them and their messages.';
    end if;
    deliveries := 0;
    dead_letters := 0;
    for v_subscription in select id from subscription where destination_id = v_destination.id order by id loop
        select * into v_removed from remove_subscription(v_subscription, p_cascade);
        deliveries := deliveries + v_removed.deliveries;
        dead_letters := dead_letters + v_removed.dead_letters;
    end loop;
    delete from destination where id = v_destination.id;
end
$$;

-- The oldest schema release that this schema still serves; clients refuse to start below it.
create or replace function oldest_client() returns integer language sql stable security definer
set search_path from current
as $$ select oldest_client from installation $$;
