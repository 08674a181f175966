-- Groups: in each, one delivery at a time and in order.
--
-- Promises   Of a subscription's deliveries with the same group key one at most has its turn, from when it becomes the
--            head until it is acked, dead, expired or cancelled: through leases, their end, releases, snoozes and the waits
--            between retries. The others wait in the order of position, whatever their priority. A message that its
--            sender delayed joins the order when it is due.
-- How        A waiting delivery stands in the lane priority + 10, where fetches do not look. receive() lets groups that
--            nobody has the turn of admit their heads: the head moves to the lane of its priority, and from then on it is
--            a delivery like any other. So a backlog is never walked over, publishing stays INSERT only, settling knows
--            nothing of groups, and a subscription without groups pays nothing.
-- Locks      A transaction-level advisory lock for each subscription: without it two fetches could admit a head each, one of
--            them a position whose publisher committed late. Row locks on the heads, skipping what others have locked.
-- Errors     PQ002 a limit out of range.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Where a new delivery is put.
create or replace function lane_of(p_priority smallint, p_group_key text) returns smallint language sql immutable as $$
    select case when p_group_key is null then p_priority else (p_priority + 10)::smallint end
$$;

-- Gives the turn to the heads of up to p_max groups, those with the highest priority first and among these in turn: the
-- groups behind p_after, then from the first one. No more than a fetch can take, so that a group gets its next turn only
-- after the others had theirs. Groups whose turn is taken cost a look each; p_looks bounds them, null: all.
-- Returns for each priority the lowest position of a head that is ready, admitted now or before.
--
-- Reads all slots, not only the live ones: a turn that is overlooked would be given twice.
select install_for_each_slot($script$
create or replace function admit_heads(
    p_subscription integer, p_now timestamptz, p_max integer, p_after text, p_looks integer,
    out priority smallint, out lowest bigint
) returns setof record language plpgsql
set lock_timeout = '1s'
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_lanes     smallint[];
    v_lane      smallint;
    v_slots     smallint[];
    v_slot      smallint;
    v_positions bigint[];
    v_here      bigint[];
begin
    begin
        perform pg_advisory_xact_lock(hashtext('pgqueue groups ' || current_schema()), p_subscription);
    exception when lock_not_available then
        -- Somebody keeps a receiving transaction open. What is admitted already can be fetched.
        v_lanes := '{}';
    end;

    if v_lanes is null then
        with recursive lane as (
            select 20 as lane
            union all
            select (select d.priority from delivery d
                     where d.subscription_id = p_subscription and d.priority < l.lane and d.priority >= 10
                     order by d.priority desc, d.position limit 1)::integer
              from lane l where l.lane is not null)
        select array_agg(l.lane order by l.lane desc) into v_lanes from lane l where l.lane < 20;
    end if;

    foreach v_lane in array coalesce(v_lanes, '{}') loop
        -- One statement, one snapshot: what is just moving between ring and scheduled is seen in one of them.
        with recursive taken as materialized (
            select d.group_key, d.priority, d.lease_until <= p_now as ready from delivery d
             where d.subscription_id = p_subscription and d.priority between 0 and 9 and d.group_key is not null
            union all
            select s.group_key, null, false from scheduled s
             where s.subscription_id = p_subscription and s.has_turn
        ), lane_now (lane) as (
            -- Not v_lanes: a head in a lane that was empty a statement ago comes before what was committed after it.
            select 20
            union all
            select (select d.priority from delivery d
                     where d.subscription_id = p_subscription and d.priority < l.lane and d.priority >= 10
                     order by d.priority desc, d.position limit 1)::integer
              from lane_now l where l.lane is not null
        ), turn (group_key, again) as (
            select p_after collate "C", false
            union all
            select n.group_key, n.again
              from turn t
              cross join lateral (
                   (select d.group_key, t.again as again from delivery d
                     where d.subscription_id = p_subscription and d.priority = v_lane and d.group_key > t.group_key
                     order by d.group_key limit 1)
                   union all
                   (select d.group_key, true from delivery d
                     where d.subscription_id = p_subscription and d.priority = v_lane and d.group_key is not null
                       and not t.again
                     order by d.group_key limit 1)
                   limit 1) n
             where not (n.again and n.group_key > p_after)
        )
        select array_agg(c.slot), array_agg(c.position) into v_slots, v_positions
          from (select h.slot, h.position
                  from (select t.group_key from turn t offset 1 limit p_looks) t
                  cross join lateral (
                       select d.slot, d.position from delivery d
                        where d.subscription_id = p_subscription and d.priority = v_lane and d.group_key = t.group_key
                        order by d.position limit 1) h
                 where t.group_key not in (select x.group_key from taken x)
                   and not exists (
                       select from delivery o
                        where o.subscription_id = p_subscription and o.priority = any (array(
                              select l.lane::smallint from lane_now l where l.lane < 20 and l.lane <> v_lane))
                          and o.group_key = t.group_key and o.position < h.position)
                 limit greatest(p_max - (select count(*) from taken x where x.ready and x.priority >= v_lane - 10), 0)) c;

        for v_slot, v_here in
            select u.slot, array_agg(u.position order by u.position) from unnest(v_slots, v_positions) as u (slot, position)
             group by u.slot order by u.slot
        loop
            /*in slot v_slot*/
                update delivery_<k> d set priority = d.priority - 10
                 where d.ctid = any (array(
                       select o.ctid from unnest(v_here) as h (position)
                        cross join lateral (
                              select w.ctid from delivery_<k> w
                               where w.subscription_id = p_subscription and w.priority = v_lane and w.position = h.position
                              offset 0 for update skip locked) o));
            /*end*/
        end loop;
    end loop;

    return query
    select d.priority, min(d.position) from delivery d
     where d.subscription_id = p_subscription and d.priority between 0 and 9 and d.group_key is not null
       and d.lease_until <= p_now
     group by d.priority;
end
$$;
$script$);

-- Groups that wait because their head failed: the head's message, attempts and error-free facts, since when, until when the
-- head waits (null: ready or leased), and how many wait behind it. By group key, behind p_after.
create or replace function blocked_groups(p_subscription integer, p_limit integer default 100, p_after text default '')
returns table (
    group_key text, "position" bigint, message_id uuid, attempts integer, blocked_since timestamptz,
    available_at timestamptz, backlog bigint
) language sql stable security definer
set search_path from current
set enable_seqscan = off
as $$
    select h.group_key, h.position, h.message_id, h.attempts, h.first_failed_at, h.due_at,
           (select count(*) from delivery w
             where w.subscription_id = p_subscription and w.priority between 10 and 19 and w.group_key = h.group_key)
      from (select s.group_key, s.position, s.message_id, s.attempts, s.first_failed_at, s.due_at from scheduled s
             where s.subscription_id = p_subscription and s.group_key > p_after and s.has_turn
               and s.first_failed_at is not null
            union all
            select d.group_key, d.position, m.message_id, d.attempts, d.first_failed_at, null
              from delivery d join message m on m.slot = d.slot and m.id = d.position
             where d.subscription_id = p_subscription and d.priority between 0 and 9 and d.group_key > p_after
               and d.first_failed_at is not null
            order by group_key limit (select check_limit(p_limit))) h
     order by h.group_key
$$;
