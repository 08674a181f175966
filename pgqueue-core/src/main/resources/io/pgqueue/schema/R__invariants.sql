-- Invariants: what must be true of the tables at every moment, whoever does what.
--
-- Promises   Read in one statement and so in one snapshot; changes nothing. No row: all of them hold. Tests ask it while they
--            break things, and so can anybody who doubts. It reads everything that is stored.
-- Locks      ACCESS SHARE on all leaves until the caller's transaction ends.
-- Errors     PQ002 limit out of range.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

create or replace function check_invariants(p_limit integer default 100)
returns table (invariant text, subscription_id integer, "position" bigint, detail text)
language sql stable security definer
set search_path from current
as $$
    with place as (
        select d.subscription_id, d.position, 'slot ' || d.slot as place from delivery d
        union all
        select s.subscription_id, s.position, 'scheduled' from scheduled s
        union all
        select l.subscription_id, l.position, 'dead_letter' from dead_letter l
    ), turn as (
        select d.subscription_id, d.group_key, d.position from delivery d
         where d.group_key is not null and d.priority < 10
        union all
        select s.subscription_id, s.group_key, s.position from scheduled s where s.has_turn
    ), violation as (
        select 'a delivery has its message' as invariant, d.subscription_id, d.position, 'slot ' || d.slot as detail
          from delivery d
         where not exists (select from message m where m.slot = d.slot and m.id = d.position)
        union all
        select 'a delivery is in one place', p.subscription_id, p.position, string_agg(p.place, ', ' order by p.place)
          from place p group by p.subscription_id, p.position having count(*) > 1
        union all
        select 'one of a group has the turn', t.subscription_id, min(t.position),
               format('group %L: %s', t.group_key, string_agg(t.position::text, ', ' order by t.position))
          from turn t group by t.subscription_id, t.group_key having count(*) > 1
        union all
        select 'a delivery is of its message''s group and priority', d.subscription_id, d.position,
               format('priority %s of %s, group %L of %L', d.priority, m.priority, d.group_key, m.group_key)
          from delivery d join message m on m.slot = d.slot and m.id = d.position
         where d.priority % 10 <> m.priority or d.group_key is distinct from m.group_key
        union all
        select 'only members of groups wait for a turn', d.subscription_id, d.position,
               format('priority %s, group %L, lease until %s', d.priority, d.group_key, d.lease_until)
          from delivery d
         where d.priority >= 10 and (d.group_key is null or d.lease_until > clock_timestamp())
        union all
        select 'only members of groups have a turn', s.subscription_id, s.position, null
          from scheduled s where s.has_turn and s.group_key is null
        union all
        select 'every attempt has an epoch of its own', d.subscription_id, d.position,
               format('attempts %s, epoch %s', d.attempts, d.epoch)
          from (select x.subscription_id, x.position, x.attempts, x.epoch from delivery x
                union all
                select x.subscription_id, x.position, x.attempts, x.epoch from scheduled x
                union all
                select x.subscription_id, x.position, x.attempts, x.epoch from dead_letter x) d
         where d.attempts not between 0 and d.epoch
        union all
        select 'what waits has no outcome', w.subscription_id, w.position, o.outcome
          from (select d.subscription_id, d.position from delivery d where d.tracked
                union all
                select s.subscription_id, s.position from scheduled s where s.tracked) w
          join outcome o on o.position = w.position and o.subscription_id = w.subscription_id
    )
    select v.invariant, v.subscription_id, v.position, v.detail from violation v
     order by v.invariant, v.subscription_id, v.position limit (select check_limit(p_limit))
$$;
