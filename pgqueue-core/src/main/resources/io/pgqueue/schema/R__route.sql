-- Routing: which filters a publish has to evaluate at all.
--
-- Promises   A filter that can only be true when one field has one of a few values is looked up by that value, so that
--            publishing to a topic costs what the subscriptions cost that the message may concern, however many others there
--            are. The filter itself decides; a lookup that finds too many does no harm. A subscription is counted in or
--            not by one snapshot, whatever is changed meanwhile. Topics with few filters pay nothing.
-- Locks      A change takes the row of the destination (FOR NO KEY UPDATE), which publishing does not wait for. Who changes a
--            subscription has shared its destination before (share_destination_of).
-- Errors     PQ004 demands that are none.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- A field is named by a letter for what it belongs to and its name: p a property, h a header, b the body, followed by the
-- names from the outside in with slashes between. The capital letter: the filter needs the body as JSON as well.
create or replace function field_value(p_name text, p_properties jsonb, p_headers jsonb, p_body jsonb) returns jsonb
language sql immutable as $$
    select case lower(left(p_name, 1)) when 'p' then p_properties -> substr(p_name, 2)
                                       when 'h' then p_headers -> substr(p_name, 2)
                                       else p_body #> string_to_array(substr(p_name, 2), '/') end
$$;

create or replace function check_demands(p_demands jsonb) returns void language plpgsql as $$
begin
    if jsonb_typeof(p_demands) <> 'null'
       and (jsonb_typeof(p_demands) <> 'object' or length(p_demands::text) > 200000
            or exists (select from jsonb_each(p_demands) d
                        where d.key !~ '^[phb]' or jsonb_typeof(d.value) <> 'array'
                           or jsonb_array_length(d.value) not between 1 and 100
                           or exists (select from jsonb_path_query(d.value, 'strict $[*]') v
                                       where jsonb_typeof(v) not in ('string', 'number', 'boolean') or length(v::text) > 1000))) then
        raise exception using errcode = 'PQ004',
            message = 'demands are no object of lists of values',
            detail = left(p_demands::text, 1000),
            hint = 'Leave it to the client that compiles the filter, or leave it out: then the filter is evaluated for each message.';
    end if;
end
$$;

-- Some filters are evaluated faster than others are looked up, so the first eight of a topic are not.
create or replace function may_be_routed(p_destination integer, p_settings jsonb) returns boolean language plpgsql
set enable_seqscan = off
as $$
begin
    return coalesce(p_settings -> 'demands', '{}') not in ('{}', 'null')
           and (select count(*) from (select from subscription s
                                       where s.destination_id = p_destination and not s.routed
                                         and (s.filter is not null or s.body_path is not null) limit 8) few) = 8;
end
$$;

-- Chooses the demand that the fewest other subscriptions have, for among those with one value in common the lookup does not
-- tell one from another. A subscription with a limit is not routed: a batch looks for room before it evaluates filters.
-- Returns whether it is routed now, which the caller writes down.
create or replace function set_route(p_subscription subscription) returns boolean language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
    v_name  text;
    v_field text;
begin
    if p_subscription.routed then
        delete from route r where r.subscription_id = p_subscription.id;
    end if;
    if p_subscription.max_depth is null
       and (p_subscription.routed
            or may_be_routed(p_subscription.destination_id, jsonb_build_object('demands', p_subscription.demands))) then
        select d.key into v_field
          from jsonb_each(p_subscription.demands) d
          cross join lateral (
                select count(*) as others
                  from jsonb_array_elements(d.value) v
                 cross join unnest(array[false, true]) as with_body
                 cross join lateral (
                       select from route r
                        where r.destination_id = p_subscription.destination_id
                          and r.name = route_name(d.key, with_body) and r.value = v.value
                        limit 100) r) o
         order by o.others, jsonb_array_length(d.value), d.key limit 1;
    end if;
    if v_field is not null then
        v_name := route_name(v_field, p_subscription.body_path is not null);
        insert into route (destination_id, name, value, subscription_id)
        select distinct p_subscription.destination_id, v_name, v.value, p_subscription.id
          from jsonb_array_elements(p_subscription.demands -> v_field) v;
    end if;
    if p_subscription.routed or v_field is not null then
        perform note_demands(p_subscription.destination_id);
    end if;
    return v_field is not null;
end
$$;

create or replace function route_name(p_field text, p_with_body boolean) returns text language sql immutable as $$
    select case when p_with_body then upper(left(p_field, 1)) else left(p_field, 1) end || substr(p_field, 2)
$$;

-- Tells publishers which fields to look up. The row is locked first: of two changes the later one sees what the earlier one
-- wrote. An older snapshot could not, so it takes nothing away.
create or replace function note_demands(p_destination integer) returns void language plpgsql
set enable_seqscan = off
as $$
declare
    v_names text[];
begin
    perform from destination d where d.id = p_destination for no key update;
    with recursive demanded (name) as (
        (select r.name from route r where r.destination_id = p_destination order by r.name limit 1)
        union all
        select (select r.name from route r where r.destination_id = p_destination and r.name > d.name order by r.name limit 1)
          from demanded d where d.name is not null)
    select array_agg(d.name order by d.name) into v_names from demanded d where d.name is not null;
    if current_setting('transaction_isolation') <> 'read committed' then
        v_names := (select array_agg(distinct n) from destination d, unnest(d.demanded || v_names) n where d.id = p_destination);
    end if;
    update destination d
       set demanded = v_names, reads_body = coalesce(array_to_string(v_names, ' ') ~ '(^| )[PHBb]', false)
     where d.id = p_destination and d.demanded is distinct from v_names;
end
$$;

-- The subscriptions found by what they demand whose filters are true, with their delays. Stable, so that it looks at the
-- snapshot of the statement that calls it, which looks for the others. Plans must not depend on statistics.
create or replace function routed(
    p_destination integer, p_demanded text[], p_properties jsonb, p_headers jsonb, p_body jsonb,
    out id integer, out delay_ms bigint
) returns setof record language plpgsql stable rows 10
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
    select s.id, s.delay_ms
      from unnest(p_demanded) as n (name)
     cross join lateral (
           select r.subscription_id from route r
            where r.destination_id = p_destination and r.name = n.name
              and r.value = field_value(n.name, p_properties, p_headers, p_body)
           offset 0) r
     cross join lateral (select * from subscription c where c.id = r.subscription_id offset 0) s
     where (s.filter is null
            or coalesce(jsonb_path_match(coalesce(p_properties, '{}'), s.filter, p_headers, true), false))
       and (s.body_path is null or coalesce(jsonb_path_match(p_body, s.body_path, '{}', true), false));
end
$$;
