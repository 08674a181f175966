-- Filters: which messages a subscription gets. publish() evaluates them; what they see of a message, how they are checked,
-- what becomes of a backlog when they change, and why a message did or did not match stands here.
--
-- Promises   A filter is two jsonpath predicates, one over properties and headers, one over the body as JSON; the texts they
--            were made from are kept as given. A match is true; false and unknown are none. No message makes a filter
--            fail: a body that is not JSON is unknown.
-- Locks      change_filter: the rows of the destination (shared) and the subscription, then the deliveries it discards.
-- Errors     PQ002 argument, PQ004 filter, PQ006 not found.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- The body as a body filter sees it: an object, or null. Whatever PostgreSQL refuses is no match (text that is not UTF-8,
-- U+0000, numbers beyond numeric, objects too deep or too large for jsonb), so every error of the cast is caught; the block
-- contains nothing else. Most bodies that are not JSON are told by their type or first byte, which costs no subtransaction.
create or replace function body_view(p_body bytea, p_content_type text) returns jsonb language plpgsql stable as $$
begin
    if octet_length(p_body) >= 2 and get_byte(p_body, 0) in (123, 32, 9, 10, 13)
       and (p_content_type is null or p_content_type ~* '^\s*(text/|application/([^\s;]+\+)?json\s*(;|$))') then
        begin
            return convert_from(p_body, 'UTF8')::jsonb;
        exception when others then
            return null;
        end;
    end if;
    return null;
end
$$;

-- Whether a stored or given message meets a filter; a null path is met by all.
create or replace function meets(
    p_filter jsonpath, p_body_path jsonpath, p_properties jsonb, p_headers jsonb, p_body bytea, p_content_type text
) returns boolean language sql stable as $$
    select (p_filter is null or coalesce(jsonb_path_match(coalesce(p_properties, '{}'), p_filter, p_headers, true), false))
       and (p_body_path is null
            or coalesce(jsonb_path_match(body_view(p_body, p_content_type), p_body_path, '{}', true), false))
$$;

create or replace function read_path(p_field text, p_text text) returns jsonpath language plpgsql as $$
begin
    return p_text::jsonpath;
exception when others then
    raise exception using errcode = 'PQ004',
        message = format('%s is no jsonpath: %s', p_field, sqlerrm),
        detail = left(p_text, 1000),
        hint = 'Give the path that a client compiled, or a predicate such as $."color" == "red".';
end
$$;

-- Nothing that would be an error even in silent mode, and would end the publish of everybody: a variable that is no header,
-- of which the body has none, and a text that is a date without a zone.
create or replace function check_path(p_field text, p_path jsonpath, p_of_body boolean default false) returns void
language plpgsql as $$
declare
    v_text    text := p_path::text;
    v_unknown text;
begin
    -- Variables are told from strings by the dollar sign before the quote.
    if v_text like '%$"%' then
        select t.token[1] into v_unknown
          from regexp_matches(v_text, '\$?"(?:[^"\\]|\\.)*"', 'g') as t (token)
         where t.token[1] like '$%' and (p_of_body or substr(t.token[1], 3, length(t.token[1]) - 3) <> all (header_names()))
         limit 1;
        if v_unknown is not null then
            raise exception using errcode = 'PQ004',
                message = format('%s uses the variable %s, which is no header', p_field, v_unknown),
                hint = 'Properties are written $."name"; the variables are the headers'
                       || case when p_of_body then ', and a path over the body has none.'
                               else ': ' || array_to_string(header_names(), ', ') end;
        end if;
    end if;
    if v_text ~ '\.(date|time)' and regexp_replace(v_text, '"(?:[^"\\]|\\.)*"', '""', 'g') ~ '\.(date|time)[a-z_]*\s*\(' then
        raise exception using errcode = 'PQ004',
            message = format('%s has a method of dates or times, which messages can make fail', p_field),
            detail = left(v_text, 1000),
            hint = 'Compare numbers, such as milliseconds since 1970, or texts whose order is that of the times.';
    end if;
end
$$;

-- A path that is no predicate would never match.
create or replace function check_predicate(p_field text, p_path jsonpath, p_of_body boolean default false) returns void
language plpgsql as $$
declare
    v_headers jsonb;
begin
    if p_path is null then
        return;
    end if;
    perform check_path(p_field, p_path, p_of_body);
    v_headers := case when p_path::text like '%$"%' then header_view(null, null, null, null, null, null, null) else '{}' end;
    if (jsonb_typeof(jsonb_path_query_first('{}', p_path, v_headers, true)) in ('boolean', 'null')) is not true then
        raise exception using errcode = 'PQ004',
            message = format('%s is no jsonpath predicate: it gives something else than true or false', p_field),
            detail = left(p_path::text, 1000),
            hint = 'Compare what it gives, as in $."color" == "red".';
    end if;
end
$$;

create or replace function checked_path(p_field text, p_text text, p_of_body boolean default false) returns jsonpath
language plpgsql as $$
declare
    v_path jsonpath;
begin
    perform check_length(p_field, p_text, 1000000);
    v_path := read_path(p_field, p_text);
    perform check_predicate(p_field, v_path, p_of_body);
    return v_path;
end
$$;

-- The settings of a filter belong together: naming one replaces all, and a text comes with the path compiled from it.
create or replace function checked_filter(inout p_subscription subscription, p_settings jsonb) language plpgsql as $$
begin
    if not p_settings ?| array['selector', 'attribute_filter', 'body_filter', 'filter', 'body_path', 'demands'] then
        return;
    end if;
    p_subscription.selector := p_settings ->> 'selector';
    p_subscription.attribute_filter := p_settings ->> 'attribute_filter';
    p_subscription.body_filter := p_settings ->> 'body_filter';
    perform check_length('selector', p_subscription.selector, 8000);
    perform check_length('attribute_filter', p_subscription.attribute_filter, 65536);
    perform check_length('body_filter', p_subscription.body_filter, 65536);
    if coalesce(p_subscription.selector, p_subscription.attribute_filter) is not null and p_settings ->> 'filter' is null
       or p_subscription.body_filter is not null and p_settings ->> 'body_path' is null then
        raise exception using errcode = 'PQ004',
            message = 'A selector or filter was given without the jsonpath that it means',
            hint = 'Declare the subscription by a client, which compiles it, or give filter (properties) or body_path alone.';
    end if;
    p_subscription.filter := checked_path('filter', p_settings ->> 'filter');
    p_subscription.body_path := checked_path('body_path', p_settings ->> 'body_path', true);
    p_subscription.demands := case when jsonb_typeof(p_settings -> 'demands') = 'object' then p_settings -> 'demands' end;
    if p_subscription.no_local is not null then
        p_subscription.filter := without_own(p_subscription.filter, p_subscription.no_local);
    end if;
end
$$;

create or replace function check_no_filter(p_settings jsonb) returns void language plpgsql as $$
declare
    v_key text;
begin
    foreach v_key in array array['selector', 'attribute_filter', 'body_filter', 'filter', 'body_path', 'demands'] loop
        if p_settings ->> v_key is not null then
            perform raise_invalid(v_key, p_settings ->> v_key, 'absent: a queue takes every message sent to it');
        end if;
    end loop;
end
$$;

-- Whether the subscription has the filter of these settings: the same texts, or paths that differ in spaces and quotes only.
create or replace function same_selection(p_subscription subscription, p_settings jsonb) returns boolean
language plpgsql stable as $$
declare
    v_wanted subscription := p_subscription;
begin
    v_wanted := checked_filter(v_wanted, '{"filter":null}' || p_settings);
    return v_wanted.filter::text is not distinct from p_subscription.filter::text
           and v_wanted.body_path::text is not distinct from p_subscription.body_path::text;
end
$$;

create or replace function same_filter(p_subscription integer, p_settings jsonb) returns boolean
language sql stable security definer
set search_path from current
as $$ select same_selection(s, p_settings) from subscription s where s.id = p_subscription $$;

-- What change_filter() does to the deliveries of one slot. The subscription comes with its new filter. What others have locked
-- is not waited for: the handler that settles it may want a row that is locked here. It stays, and counts as leased.
select install_for_each_slot($script$
create or replace function refilter_slot(
    p_slot integer, p_subscription subscription, p_backlog text, p_preview boolean, p_now timestamptz,
    out kept bigint, out discarded bigint, out leased bigint
) language plpgsql
set enable_seqscan = off
as $$
declare
    v_counts record;
begin
    /*in slot p_slot*/
        with waiting as materialized (
            select d.ctid, d.lease_until <= p_now as idle,
                   p_backlog <> 'keep' and d.lease_until <= p_now
                   and (p_backlog = 'drop'
                        or (select not meets(p_subscription.filter, p_subscription.body_path, m.properties,
                                             header_view(m.message_id, m.priority, m.sent_at, m.expires_at, d.ready_at,
                                                         m.correlation_id, m.type, m.properties), m.body, m.content_type)
                              from message_<k> m where m.id = d.position)) as refused
              from delivery_<k> d where d.subscription_id = p_subscription.id
        ), gone as (
            delete from delivery_<k> d
             where d.ctid = any (array(
                   select o.ctid from delivery_<k> o
                    where o.ctid = any (array(select w.ctid from waiting w where w.refused)) and o.lease_until <= p_now
                      and not p_preview
                      for update skip locked))
            returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
        select count(*) filter (where w.idle and not w.refused) as kept, count(*) filter (where w.refused) as refused,
               count(*) filter (where not w.idle) as leased, (select count(*) from gone) as gone
          into v_counts from waiting w;
    /*end*/
    kept := v_counts.kept;
    discarded := case when p_preview then v_counts.refused else v_counts.gone end;
    leased := v_counts.leased + v_counts.refused - discarded;
end
$$;
$script$);

-- A new filter, and what becomes of the messages that wait already:
--   keep       they stay
--   refilter   those that do not meet it are discarded
--   drop       all are discarded
-- What is leased stays in any case. With p_preview nothing is changed, only counted.
--   kept, discarded, leased   deliveries
create or replace function change_filter(
    p_subscription integer, p_settings jsonb, p_backlog text default 'keep', p_preview boolean default false,
    out kept bigint, out discarded bigint, out leased bigint
) language plpgsql security definer
set search_path from current
set enable_seqscan = off
as $$
declare
    v_subscription subscription;
    v_now          timestamptz := clock_timestamp();
    v_counts       record;
    v_slot         integer;
begin
    if p_backlog is null or p_backlog not in ('keep', 'refilter', 'drop') then
        perform raise_invalid('backlog', p_backlog, 'keep, refilter or drop');
    end if;
    perform check_subscription_settings(p_settings);
    perform share_destination_of(p_subscription);
    select * into v_subscription from subscription where id = p_subscription for update;
    if not found then
        perform raise_not_found('subscription', '#' || p_subscription);
    end if;
    if v_subscription.implicit then
        perform check_no_filter(p_settings);
    end if;
    v_subscription := checked_filter(v_subscription, p_settings);
    if not p_preview then
        perform apply_settings(p_subscription, p_settings);
    end if;

    with waiting as materialized (
        select s.ctid,
               p_backlog <> 'keep'
               and (p_backlog = 'drop'
                    or not meets(v_subscription.filter, v_subscription.body_path, s.properties,
                                 header_view(s.message_id, s.priority, s.sent_at, s.expires_at,
                                             case when s.retrying then s.ready_at else s.due_at end,
                                             s.correlation_id, s.type, s.properties), s.body, s.content_type)) as refused
          from scheduled s where s.subscription_id = p_subscription
    ), gone as (
        delete from scheduled s
         where s.ctid = any (array(
               select o.ctid from scheduled o
                where o.ctid = any (array(select w.ctid from waiting w where w.refused)) and not p_preview
                  for update skip locked))
        returning case when s.tracked then ended(s.position, s.subscription_id, 'DISCARDED') end)
    select count(*) filter (where not w.refused) as kept, count(*) filter (where w.refused) as refused,
           (select count(*) from gone) as gone
      into v_counts from waiting w;
    kept := v_counts.kept;
    discarded := case when p_preview then v_counts.refused else v_counts.gone end;
    leased := 0;
    foreach v_slot in array slots_current_last() loop
        select * into v_counts from refilter_slot(v_slot, v_subscription, p_backlog, p_preview, v_now);
        kept := kept + v_counts.kept;
        discarded := discarded + v_counts.discarded;
        leased := leased + v_counts.leased;
    end loop;
    if not p_preview then
        perform count_ends(p_subscription, 0, discarded, 0);
    end if;
end
$$;

-- The subscriptions of a destination with what decides for them.
create or replace function routes(p_destination text)
returns table (
    name text, selector text, attribute_filter text, body_filter text, filter text, body_path text
) language plpgsql stable security definer
set search_path from current
as $$
#variable_conflict use_column
begin
    if not exists (select from destination d where d.name = p_destination) then
        perform raise_not_found('destination', p_destination);
    end if;
    return query
    select s.name, s.selector, s.attribute_filter, s.body_filter, s.filter::text, s.body_path::text
      from subscription s join destination d on d.id = s.destination_id
     where d.name = p_destination order by s.name collate "C", s.id;
end
$$;

-- What paths give for a message, as the filters of subscriptions see it; null: nothing.
create or replace function probe(
    p_paths text[], p_body_paths text[], p_properties jsonb, p_headers jsonb, p_body bytea, p_content_type text,
    out on_properties text[], out on_body text[]
) language sql stable as $$
    select array(select jsonb_path_query_first(coalesce(p_properties, '{}'), p.path::jsonpath, p_headers, true)::text
                   from unnest(p_paths) with ordinality as p (path, i) order by p.i),
           array(select jsonb_path_query_first(b.body, p.path::jsonpath, '{}', true)::text
                   from (select body_view(p_body, p_content_type) as body offset 0) b
                  cross join unnest(p_body_paths) with ordinality as p (path, i) order by p.i)
$$;

create or replace function check_probes(p_paths text[], p_body_paths text[]) returns void language plpgsql as $$
begin
    perform check_path('paths', read_path('paths', p)) from unnest(p_paths) p;
    perform check_path('body_paths', read_path('body_paths', p), true) from unnest(p_body_paths) p;
end
$$;

-- For a message that is given, as if it were published now.
create or replace function explain_given(
    p_paths text[], p_body_paths text[], p_message_id uuid, p_body bytea, p_properties jsonb, p_priority integer,
    p_correlation_id text, p_type text, p_content_type text, p_time_to_live_ms bigint, p_delay_ms bigint,
    p_deliver_at timestamptz, out on_properties text[], out on_body text[]
) language plpgsql volatile security definer
set search_path from current
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    perform check_probes(p_paths, p_body_paths);
    perform check_range('priority', p_priority, 0, 9);
    perform check_delay(p_delay_ms);
    select p.on_properties, p.on_body into on_properties, on_body
      from probe(p_paths, p_body_paths, p_properties,
                 header_view(p_message_id, p_priority::smallint, v_now, expiry_of(v_now, p_time_to_live_ms),
                             coalesce(p_deliver_at, v_now + p_delay_ms * interval '1 millisecond'), p_correlation_id, p_type,
                             p_properties),
                 p_body, p_content_type) p;
end
$$;

-- For one that some subscription of the destination still has, waiting or dead.
create or replace function explain_stored(
    p_paths text[], p_body_paths text[], p_destination text, p_message_id uuid, out on_properties text[], out on_body text[]
) language plpgsql stable security definer
set search_path from current
as $$
declare
    v_destination integer := (select d.id from destination d where d.name = p_destination);
begin
    perform check_probes(p_paths, p_body_paths);
    select p.on_properties, p.on_body into on_properties, on_body
      from (select m.properties, m.priority, m.sent_at, m.expires_at,
                   (select max(d.ready_at)
                      from subscription s
                     cross join lateral (values (m.priority), ((m.priority + 10)::smallint)) as lane (priority)
                      join delivery d on d.slot = m.slot and d.subscription_id = s.id and d.priority = lane.priority
                           and d.position = m.id
                     where s.destination_id = v_destination) as ready_at,
                   m.correlation_id, m.type, m.body, m.content_type
              from message m where m.message_id = p_message_id and m.destination_id = v_destination
            union all
            select s.properties, s.priority, s.sent_at, s.expires_at, case when s.retrying then s.ready_at else s.due_at end,
                   s.correlation_id, s.type, s.body, s.content_type
              from scheduled s where s.message_id = p_message_id and s.destination_id = v_destination
            union all
            select l.properties, l.priority, l.sent_at, l.expires_at, l.ready_at, l.correlation_id, l.type, l.body,
                   l.content_type
              from dead_letter l where l.message_id = p_message_id and l.destination_id = v_destination
            limit 1) f
      cross join lateral probe(p_paths, p_body_paths, f.properties,
            header_view(p_message_id, f.priority, f.sent_at, f.expires_at, f.ready_at, f.correlation_id, f.type,
                        f.properties),
            f.body, f.content_type) p;
    if on_properties is null then
        perform raise_not_found('message', p_message_id::text);
    end if;
end
$$;
