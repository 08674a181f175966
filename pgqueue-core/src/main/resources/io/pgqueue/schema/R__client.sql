-- Clients: what lives as long as a connection of some JVM. Client ids, the consumers of subscriptions, temporary
-- destinations.
--
-- Promises   A JVM is a node, whose lease it renews with one small update every few seconds, whatever the number of its
--            clients. While the lease lasts, a client id belongs to one client, an unshared subscription has at most one
--            consumer, a temporary destination exists. After its end they are free for whoever asks; what nobody asks for
--            is removed by maintenance 50 seconds later, so a database that was away for a while takes nothing from
--            anybody. No session state: transaction pooling works.
-- Locks      Nodes in the order of their ids, then clients, destinations, subscriptions, each in the order of theirs, then
--            consumers. Nobody waits for what stands before what he holds. Publishing and receiving take none of these
--            locks.
-- Errors     PQ002 argument, PQ006 not found (also: a temporary destination of somebody else), PQ009 conflict: id in
--            use, active consumer, client gone.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

create or replace function raise_conflict(p_message text, p_hint text) returns void language plpgsql as $$
begin
    raise exception using errcode = 'PQ009', message = p_message, hint = p_hint;
end
$$;

create or replace function check_client_lease(p_lease_ms bigint) returns void language plpgsql as $$
begin
    perform check_given('lease_ms', p_lease_ms);
    perform check_range('lease_ms', p_lease_ms, 1000, 300000);
end
$$;

-- Begins the node's lease if need be, enters the client, and gives it the client id if one is named.
create or replace function register_client(p_node uuid, p_client uuid, p_client_id text, p_lease_ms bigint) returns void
language plpgsql security definer
set search_path from current
as $$
begin
    perform check_given('node', p_node);
    perform check_given('client', p_client);
    perform check_client_lease(p_lease_ms);
    if p_client_id is not null then
        perform check_name('client', p_client_id);
        perform end_nodes(clock_timestamp(), p_node);
    end if;
    insert into node (id, lease_until) values (p_node, clock_timestamp() + p_lease_ms * interval '1 millisecond')
    on conflict (id) do update set lease_until = excluded.lease_until;
    insert into client (id, node_id, client_id) values (p_client, p_node, p_client_id)
    on conflict (id) do update set client_id = excluded.client_id;
exception
    when unique_violation then
        perform raise_conflict(format('The client id %L is in use by another connection', p_client_id),
            'Use another client id, or close that connection; that of a crashed one is free when its lease ends.');
end
$$;

-- Renews the node's lease, as long as nobody ended it meanwhile; returns the clients it still has.
create or replace function heartbeat(p_node uuid, p_lease_ms bigint) returns uuid[] language plpgsql security definer
set search_path from current
as $$
begin
    perform check_client_lease(p_lease_ms);
    update node set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond' where id = p_node;
    return array(select id from client where node_id = p_node);
end
$$;

-- Ends all that lives as long as this client; its node too when this was the last one of it.
create or replace function close_client(p_client uuid) returns void language plpgsql security definer
set search_path from current
as $$
declare
    v_node uuid;
begin
    -- Waits for a client that is just being registered, so that the next statements see it.
    select n.id into v_node from node n where n.id = (select c.node_id from client c where c.id = p_client) for update;
    perform end_clients(array[p_client]);
    delete from node where id = v_node and not exists (select from client where node_id = v_node);
end
$$;

-- All at once, so that the locks have one order whatever belongs to whom.
create or replace function end_clients(p_clients uuid[]) returns void language plpgsql as $$
declare
    v_name     text;
    v_consumer uuid;
begin
    -- Who is opening or making something for one of them has it locked: what that is the next statements see.
    perform from client where id = any (p_clients) order by id for update;
    foreach v_name in array array(select name from destination where owner = any (p_clients) order by id for update) loop
        perform drop_destination(v_name, true);
    end loop;
    foreach v_consumer in array array(select id from consumer where client = any (p_clients) order by subscription_id, id) loop
        perform close_consumer(v_consumer);
    end loop;
    delete from client where id = any (p_clients);
end
$$;

-- Ends the nodes, except the given one, whose lease was over at that time. Returns how many clients that were. The given one
-- is locked with the others: two JVMs that come back late would else end each other and then wait for each other.
create or replace function end_nodes(p_lease_until timestamptz, p_except uuid default null) returns integer
language plpgsql as $$
declare
    v_nodes   uuid[];
    v_clients uuid[];
begin
    if not exists (select from node where lease_until <= p_lease_until and id is distinct from p_except) then
        return 0;
    end if;
    v_nodes := array_remove(array(
        select id from node where lease_until <= p_lease_until or id = p_except order by id for update), p_except);
    v_clients := array(select id from client where node_id = any (v_nodes));
    perform end_clients(v_clients);
    delete from node where id = any (v_nodes);
    return cardinality(v_clients);
end
$$;

-- Held until the transaction ends: what it makes for the client must not outlive that.
create or replace function find_client(p_client uuid) returns client language plpgsql as $$
declare
    v_client client;
begin
    select * into v_client from client where id = p_client for key share;
    if not found then
        perform raise_conflict(format('Client %s is not registered, or its lease ended', p_client),
            'Register again: what it owned is gone. A JVM that stands still longer than its lease loses it.');
    end if;
    return v_client;
end
$$;

-- Opens a consumer of a subscription of one of the four kinds, which is made when it is missing. One that exists with
-- another topic, filter or noLocal is dropped with its messages and made anew when nobody consumes from it, as Jakarta
-- Messaging says (8.3.3, 8.3.4). p_settings counts when the subscription is made.
create or replace function subscribe(
    p_client uuid, p_consumer uuid, p_topic text, p_name text, p_durable boolean, p_shared boolean, p_no_local boolean,
    p_settings jsonb, out id integer, out lease_ms bigint
) language plpgsql security definer
set search_path from current
as $$
#variable_conflict use_column
declare
    v_client    client;
    v_topic     destination;
    v_found     subscription;
    v_wanted    subscription;
    v_consumers integer;
begin
    perform check_given('consumer', p_consumer);
    perform check_given('durable', p_durable);
    perform check_given('shared', p_shared);
    perform check_name('subscription', p_name);
    perform check_settings(p_settings);
    perform end_nodes(clock_timestamp(), (select c.node_id from client c where c.id = p_client));
    v_client := find_client(p_client);
    -- Held against a concurrent drop of the topic.
    select * into v_topic from destination d where d.name = p_topic for key share;
    if not found or v_topic.kind <> 'topic' or v_topic.owner <> p_client then
        perform raise_not_found('topic that this client may consume from, named', p_topic);
    end if;
    if v_topic.owner is not null and p_durable then
        perform raise_not_found('topic that stays, named', p_topic);
    end if;
    v_wanted.durable := p_durable;
    v_wanted.shared := p_shared;
    v_wanted.client_id := case when p_durable or p_shared then v_client.client_id end;
    if p_durable and not p_shared and v_wanted.client_id is null then
        perform raise_invalid('client id', null, 'set: an unshared durable subscription belongs to one');
    end if;
    if p_no_local then
        v_wanted.no_local := coalesce(v_wanted.client_id, p_client::text);
    end if;
    loop
        -- It may be one of another topic.
        perform share_destination_of(s.id) from subscription s
         where s.name = p_name and not s.implicit and s.durable = p_durable
           and s.client_id is not distinct from v_wanted.client_id;
        select * into v_found from subscription s
         where s.name = p_name and not s.implicit and s.durable = p_durable
           and s.client_id is not distinct from v_wanted.client_id
           for update;
        if not found then
            insert into subscription (id, destination_id, name, implicit, durable, shared, client_id, no_local, routed)
            values (nextval('subscription_id'), v_topic.id, p_name, false, p_durable, p_shared, v_wanted.client_id,
                    v_wanted.no_local, may_be_routed(v_topic.id, p_settings))
            on conflict do nothing returning subscription.id into id;
            -- Else somebody made it just now: look at theirs.
            continue when id is null;
            perform apply_settings(id, '{"filter":null}' || p_settings);
            exit;
        end if;
        select count(*) into v_consumers from consumer c where c.subscription_id = v_found.id;
        if v_found.shared <> p_shared then
            perform raise_conflict(format('Subscription %L is a %s one', p_name, case when p_shared then 'unshared' else 'shared' end),
                'Use another name, or consume from it as what it is.');
        end if;
        if v_consumers > 0 and not p_shared then
            perform raise_conflict(format('Subscription %L has an active consumer', p_name),
                'An unshared subscription has one at a time: close the other, or use a shared subscription.');
        end if;
        if v_found.destination_id = v_topic.id and v_found.no_local is not distinct from v_wanted.no_local
           and same_selection(v_found, p_settings) then
            id := v_found.id;
            exit;
        end if;
        if v_consumers > 0 then
            perform raise_conflict(format('Subscription %L is in use with another topic, selector or noLocal', p_name),
                'Use another name, the same topic and selector, or close its consumers first.');
        end if;
        perform drop_subscription(v_found.id, true);
    end loop;
    insert into consumer (id, subscription_id, client) values (p_consumer, id, p_client);
    select s.lease_ms into lease_ms from subscription s where s.id = subscribe.id;
end
$$;

-- noLocal is a part of the filter, so that it costs nothing where it is not used: clients that somebody might not want to
-- hear mark their messages with who they are, in an object under a key that no property can have.
create or replace function without_own(p_filter jsonpath, p_origin text) returns jsonpath language sql immutable as $$
    select (coalesce('(' || p_filter::text || ') && ', '')
            || '!(exists ($."#o".' || to_json(p_origin)::text || '))')::jsonpath
$$;

-- A consumer of a temporary queue, which only its owner may have.
create or replace function consume_temporary(p_client uuid, p_consumer uuid, p_queue text, out id integer, out lease_ms bigint)
language plpgsql security definer
set search_path from current
as $$
begin
    perform check_given('consumer', p_consumer);
    perform find_client(p_client);
    select s.id, s.lease_ms into consume_temporary.id, consume_temporary.lease_ms
      from destination d join subscription s on s.destination_id = d.id
     where d.name = p_queue and d.kind = 'queue' and d.owner = p_client
       for share of d;
    if not found then
        perform raise_not_found('queue that this client may consume from, named', p_queue);
    end if;
    insert into consumer (id, subscription_id, client) values (p_consumer, consume_temporary.id, p_client);
end
$$;

-- A subscription that is not durable ends with its last consumer.
create or replace function close_consumer(p_consumer uuid) returns void language plpgsql security definer
set search_path from current
as $$
declare
    v_subscription subscription;
begin
    perform share_destination_of((select subscription_id from consumer where id = p_consumer));
    select * into v_subscription from subscription
     where id = (select subscription_id from consumer where id = p_consumer) for update;
    delete from consumer where id = p_consumer;
    if found and not v_subscription.durable
       and not exists (select from consumer where subscription_id = v_subscription.id) then
        perform drop_subscription(v_subscription.id, true);
    end if;
end
$$;

create or replace function active_consumers(p_subscription integer) returns integer language sql stable security definer
set search_path from current
as $$
    select count(*)::integer
      from consumer c join client k on k.id = c.client join node n on n.id = k.node_id
     where c.subscription_id = p_subscription and n.lease_until > clock_timestamp()
$$;

-- Ends a durable subscription with its messages; not while it has a consumer, or messages that one has not answered.
create or replace function unsubscribe(p_client_id text, p_name text) returns void language plpgsql security definer
set search_path from current
as $$
declare
    v_id integer;
begin
    perform end_nodes(clock_timestamp());
    perform share_destination_of(s.id) from subscription s
     where s.name = p_name and not s.implicit and s.durable and s.client_id is not distinct from p_client_id;
    select id into v_id from subscription
     where name = p_name and not implicit and durable and client_id is not distinct from p_client_id
       for update;
    if not found then
        perform raise_not_found('durable subscription', p_name);
    end if;
    if exists (select from consumer where subscription_id = v_id) then
        perform raise_conflict(format('Subscription %L has an active consumer', p_name), 'Close its consumers first.');
    end if;
    if exists (select from delivery where subscription_id = v_id and lease_until > clock_timestamp()) then
        perform raise_conflict(format('Subscription %L has messages that a consumer has not acknowledged', p_name),
            'Acknowledge them or give them back first.');
    end if;
    perform drop_subscription(v_id, true);
end
$$;

-- Returns the name, which begins with what no other destination begins with.
create or replace function create_temporary(p_client uuid, p_kind text) returns text language plpgsql security definer
set search_path from current
as $$
declare
    v_id   integer := nextval('destination_id');
    v_name text := 'pgqueue.temp.' || gen_random_uuid();
begin
    perform find_client(p_client);
    if p_kind is null or p_kind not in ('queue', 'topic') then
        perform raise_invalid('kind', p_kind, 'queue or topic');
    end if;
    insert into destination (id, name, kind, owner) values (v_id, v_name, p_kind, p_client);
    if p_kind = 'queue' then
        insert into subscription (id, destination_id, name, implicit)
        values (nextval('subscription_id'), v_id, v_name, true);
    end if;
    return v_name;
end
$$;

-- Not while it has consumers.
create or replace function drop_temporary(p_client uuid, p_name text) returns void language plpgsql security definer
set search_path from current
as $$
declare
    v_id integer;
begin
    select id into v_id from destination where name = p_name and owner = p_client for update;
    if not found then
        perform raise_not_found('temporary destination of this client, named', p_name);
    end if;
    if exists (select from consumer c join subscription s on s.id = c.subscription_id where s.destination_id = v_id) then
        perform raise_conflict(format('Temporary destination %L has an active consumer', p_name), 'Close its consumers first.');
    end if;
    perform drop_destination(p_name, true);
end
$$;

-- For clients that may create what is missing: makes it unless there is one of that name, and returns what kind that is. No
-- error when it exists, because this may run in the transaction of somebody who sends.
create or replace function declare_destination(p_kind text, p_name text) returns text language plpgsql security definer
set search_path from current
as $$
declare
    v_kind text;
begin
    perform check_kind(p_kind);
    perform check_name(p_kind, p_name);
    insert into destination (id, name, kind) values (nextval('destination_id'), p_name, p_kind) on conflict do nothing;
    if found and p_kind = 'queue' then
        insert into subscription (id, destination_id, name, implicit)
        select nextval('subscription_id'), d.id, p_name, true from destination d where d.name = p_name;
    end if;
    select kind into v_kind from destination where name = p_name;
    return v_kind;
end
$$;
