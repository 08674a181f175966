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

-- Who gives turns of a subscription, until the transaction ends. False when somebody else does, for a second with p_wait.
create or replace function lock_turns(p_subscription integer, p_wait boolean) returns boolean language plpgsql
set lock_timeout = '1s'
as $$
begin
    if not p_wait then
        return pg_try_advisory_xact_lock(hashtext('pgqueue groups ' || current_schema()), p_subscription);
    end if;
    perform pg_advisory_xact_lock(hashtext('pgqueue groups ' || current_schema()), p_subscription);
    return true;
-- Who gives them and waits for a lock on a leaf that was read here goes first.
exception when lock_not_available or deadlock_detected then
    return false;
end
$$;

-- Gives the turn to the heads of up to p_max groups, those with the highest priority first and among these in turn: the
-- groups behind p_after, then from the first one. No more than a fetch can take, so that a group gets its next turn only
-- after the others had theirs. Groups whose turn is taken, for example by a head that waits for its retry, cost a look each;
-- p_looks bounds them, null: all. Where that ended the search before every group was looked at a row with looked_to alone
-- tells how far it came: who begins the next one there starves nobody.
-- Returns for each priority the lowest position of a head that is ready, admitted now or before.
--
-- Groups are found by steps through the index. A step takes as many entries as were worth reading the last time: few in a
-- long backlog of few groups, many where each group has a few; 256 at most, a constant, so that the planner knows that it is
-- few: told nothing, it may read and sort the whole lane. The first of a group is looked up by a range of one key and in the
-- order of key and position, which only the index by groups has; with an equality the planner may walk the lane for it.
--
-- Reads all slots, not only the live ones: a turn that is overlooked would be given twice.
select install_for_each_slot($script$
create or replace function admit_heads(
    p_subscription integer, p_now timestamptz, p_max integer, p_after text, p_looks integer,
    out priority smallint, out lowest bigint, out looked_to text
) returns setof record language plpgsql
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
    v_end       text collate "C";
    v_looked_to text collate "C";
begin
    -- Else somebody keeps a receiving transaction open. What is admitted already can be fetched.
    if lock_turns(p_subscription, true) then
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
        ), lane_now (lane) as (
            -- Not v_lanes: a head in a lane that was empty a statement ago comes before what was committed after it.
            select 20
            union all
            select (select d.priority from delivery d
                     where d.subscription_id = p_subscription and d.priority < l.lane and d.priority >= 10
                     order by d.priority desc, d.position limit 1)::integer
              from lane_now l where l.lane is not null
        ), step (groups, last, again, size) as (
            select null::text[] collate "C", p_after collate "C", false, 1
            union all
            select n.groups, n.last, n.again,
                   case when 4 * cardinality(n.groups) >= t.size then least(256, 2 * t.size) else t.size / 2 end
              from step t
              cross join lateral (
                   (select array_agg(g.group_key order by g.group_key) as groups, max(g.group_key) as last, t.again as again
                      from (select distinct b.group_key
                              from (select k.group_key
                                      from (select d.group_key from delivery d
                                             where d.subscription_id = p_subscription and d.priority = v_lane
                                               and d.group_key > t.last
                                             order by d.group_key limit 256) k
                                     limit t.size) b) g
                    having count(*) > 0)
                   union all
                   (select array_agg(g.group_key order by g.group_key), max(g.group_key), true
                      from (select distinct b.group_key
                              from (select k.group_key
                                      from (select d.group_key from delivery d
                                             where d.subscription_id = p_subscription and d.priority = v_lane
                                               and d.group_key is not null and not t.again
                                             order by d.group_key limit 256) k
                                     limit t.size) b) g
                    having count(*) > 0)
                   limit 1) n
             where not (n.again and n.groups[1] > p_after)
        ), looked as materialized (
            select g.group_key, row_number() over () as nth
              from step t cross join lateral unnest(t.groups) as g (group_key)
             where not (t.again and g.group_key > p_after)
             limit p_looks
        )
        select array_agg(c.slot) filter (where c.slot is not null), array_agg(c.position) filter (where c.slot is not null),
               case when count(c.slot) < w.wanted then (select l.group_key from looked l where l.nth = p_looks) end
          into v_slots, v_positions, v_end
          from (select greatest(p_max - count(*), 0) as wanted from taken x where x.ready and x.priority >= v_lane - 10) w
          left join lateral (
                select h.slot, h.position
                  from looked t
                  cross join lateral (
                       select d.slot, d.position from delivery d
                        where d.subscription_id = p_subscription and d.priority = v_lane
                          and d.group_key between t.group_key and t.group_key
                        order by d.group_key, d.position limit 1) h
                 where t.group_key not in (select x.group_key from taken x)
                   -- A look for each, because any number of heads may wait for their retry.
                   and (select true from scheduled s
                         where s.subscription_id = p_subscription and s.group_key = t.group_key and s.has_turn limit 1) is null
                   -- Lane by lane: with an array of lanes PostgreSQL 15 and 16 may read all of a group and filter.
                   and not exists (
                       select from lane_now l
                        cross join lateral (
                              select o.position from delivery o
                               where o.subscription_id = p_subscription and o.priority = l.lane::smallint
                                 and o.group_key between t.group_key and t.group_key
                               order by o.group_key, o.position limit 1) o
                        where l.lane < 20 and l.lane <> v_lane and o.position < h.position)
                 limit w.wanted) c on true
         group by w.wanted;
        -- Of several lanes the one that came least far counts, so that none passes over a group.
        if v_looked_to is null or (v_end <= p_after collate "C", v_end) < (v_looked_to <= p_after collate "C", v_looked_to) then
            v_looked_to := coalesce(v_end, v_looked_to);
        end if;

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
    select d.priority, min(d.position), null from delivery d
     where d.subscription_id = p_subscription and d.priority between 0 and 9 and d.group_key is not null
       and d.lease_until <= p_now
     group by d.priority;
    if v_looked_to is not null then
        looked_to := v_looked_to;
        return next;
    end if;
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
