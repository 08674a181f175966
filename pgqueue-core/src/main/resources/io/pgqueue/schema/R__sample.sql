-- Sampling: how much is in each subscription, so that statistics need not count when they are read.
--
-- Promises   A sample is taken now and then by whichever client comes first, in one snapshot. Taking it costs the same
--            whatever waits: while little waits every row is counted, otherwise what a limited number of pages holds and the
--            ends of the indexes tell, and the sample says so (docs/adr/0018).
--            Sampling takes at most a twentieth of the time: the longer it took, the later the next one. Nothing is written
--            for each message: clients add up their acks and hand them over with the next sample; the rare other ends are
--            counted by the call that ends them. What was published is derived from where it is now: acked, expired,
--            discarded, moved, waiting or dead; so a total never exceeds the truth and may be late by one sample
--            (docs/adr/0012). Of what is estimated only that counts which is there for certain.
-- Locks      A transaction-level advisory lock; ACCESS EXCLUSIVE on sample and tally for the moment in which they are written
--            anew, given up after 50 ms of waiting. Both are emptied by TRUNCATE, so they have no dead rows.
-- Errors     PQ002 an interval or a number of pages out of range.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Ends that a client does not add up itself.
create or replace function count_ends(p_subscription integer, p_expired bigint, p_discarded bigint, p_moved bigint)
returns void language plpgsql as $$
begin
    if p_expired + p_discarded + p_moved > 0 then
        insert into tally (subscription_id, acked, expired, discarded, moved)
        values (p_subscription, 0, p_expired, p_discarded, p_moved);
    end if;
end
$$;

-- How a sample reads the ring (slots 0 to 15), scheduled (-1) and dead_letter (-2), each of which may cost it p_pages pages;
-- what is empty is left out.
-- weight: one of so many pages; 1 for all of them while there are few, and in each small leaf of a large ring. A power of two,
-- so that the pages which are read stay the same ones while a table grows. most: where not every page is read, so many rows
-- of each lane of each subscription are counted one by one; all lanes together have 10 for each page. 0 for none where ten
-- times as many have died since the last vacuum: the index has them still, and finding the living would read all of them.
create or replace function sample_shares(p_pages integer) returns table (slot integer, weight integer, most integer)
language sql stable as $$
    with size as (
        select k as slot, least(k, 0) as part, pg_relation_size(t.leaf) / current_setting('block_size')::integer as pages,
               pg_stat_get_dead_tuples(t.leaf) as dead
          from generate_series(-2, 15) k
         cross join lateral (
               select (case k when -1 then 'scheduled' when -2 then 'dead_letter' else 'delivery_' || k end)::regclass as leaf) t
    ), shared as (
        select z.*, sum(z.pages) over (partition by z.part) as pages_of_part from size z
    ), chosen as (
        select h.*, case when h.pages_of_part <= p_pages or h.part = 0 and h.pages <= p_pages / 64 then 1
                    else 2 ^ ceil(log(2, h.pages_of_part / p_pages)) end as weight
          from shared h
    )
    select c.slot, c.weight::integer,
           case when c.weight = 1 or c.dead > 100 * p_pages then 0
                else greatest(2, least(2000, 10 * p_pages / greatest(
                         1, (select count(*) from subscription) * count(*) filter (where c.weight > 1) over (partition by c.part))))
           end::integer
      from chosen c where c.pages > 0 order by c.slot
$$;

-- What is said of a subscription of which nothing was found: that it may have something, in a row without a subscription.
create or replace function sample_unseen() returns sample_part language sql immutable as $$
    select null::integer, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::float8, 0::bigint, true,
           null::timestamptz, null::timestamptz
$$;

-- The variance of p_weight times the number of rows on pages chosen by chance, one of p_weight, in the worst case: pages of
-- 100 rows belong to one subscription as a whole.
create or replace function variance_of(p_rows bigint, p_weight integer) returns double precision language sql immutable as $$
    select case when p_weight = 1 then 0 else 100.0 * p_rows * p_weight * p_weight end::float8
$$;

-- One slot. p_since: what has a later position has arrived since the last sample.
select install_for_each_slot($script$
create or replace function sample_slot(p_slot integer, p_now timestamptz, p_since bigint, p_weight integer, p_most integer)
returns setof sample_part language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
begin
    /*in slot p_slot*/
        if p_most > 0 then
            return query select * from sample_slot_<k>(p_now, p_since, p_weight, p_most);
            return;
        end if;
        return query
        select d.subscription_id, p_weight * count(*) filter (where d.lease_until <= p_now),
               p_weight * count(*) filter (where d.lease_until > p_now), 0::bigint, 0::bigint, 0::bigint,
               count(*), variance_of(count(*), p_weight),
               case when p_weight = 1 then count(*) filter (where d.position > p_since and d.replays = 0) else 0 end, p_weight > 1,
               ready_since_<k>(d.subscription_id, min(d.position) filter (where d.lease_until <= p_now)),
               ready_since_<k>(d.subscription_id, max(d.position) filter (where d.lease_until <= p_now))
          from delivery_<k> d tablesample system (100.0 / p_weight) repeatable (0)
         group by d.subscription_id;
    /*end*/
    if p_weight > 1 then
        return next sample_unseen();
    end if;
end
$$;

/*each slot*/
-- The first p_most rows of a subscription in the lanes from p_lowest to p_highest.
create or replace function sample_head_<k>(
    p_subscription integer, p_lowest smallint, p_highest smallint, p_now timestamptz, p_since bigint, p_most integer
) returns table (n bigint, leased bigint, arrived bigint, oldest bigint, newest bigint) language sql stable
as $$
    select count(*), count(*) filter (where d.lease_until > p_now),
           count(*) filter (where d.position > p_since and d.replays = 0),
           min(d.position) filter (where d.lease_until <= p_now), max(d.position) filter (where d.lease_until <= p_now)
      from (select d.position, d.lease_until, d.replays from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority between p_lowest and p_highest
             order by d.priority desc, d.position limit p_most) d
$$;

-- A large one. A lane that ends within p_most rows is counted. Of a longer one the number of rows is estimated; leased ones
-- stand where it begins, and where they are the lesser part of that, they are all there.
create or replace function sample_slot_<k>(p_now timestamptz, p_since bigint, p_weight integer, p_most integer)
returns setof sample_part language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
begin
    return query
    with recursive page as (
        select d.subscription_id, d.priority, count(*) as n, count(*) filter (where d.lease_until > p_now) as leased,
               min(d.position) filter (where d.lease_until <= p_now) as oldest,
               max(d.position) filter (where d.lease_until <= p_now) as newest
          from delivery_<k> d tablesample system (100.0 / p_weight) repeatable (0)
         group by d.subscription_id, d.priority
    ), head as (
        select s.id as subscription_id, h.*
          from subscription s
         cross join lateral sample_head_<k>(s.id, 0::smallint, 19::smallint, p_now, p_since, p_most) h
    ), lane as (
        select h.subscription_id, 20::smallint as priority from head h where h.n = p_most
        union all
        select l.subscription_id, (
               select d.priority from delivery_<k> d
                where d.subscription_id = l.subscription_id and d.priority < l.priority
                order by d.priority desc, d.position limit 1)
          from lane l where l.priority is not null
    ), lane_head as (
        select l.subscription_id, l.priority, h.*
          from lane l
         cross join lateral sample_head_<k>(l.subscription_id, l.priority, l.priority, p_now, p_since, p_most) h
         where l.priority < 20
    ), counted as (
        select h.subscription_id, h.n, h.n as counted, 0::float8 as variance, h.leased, h.arrived, h.oldest, h.newest,
               false as estimated
          from head h where h.n < p_most
        union all
        select h.subscription_id, h.n, h.n, 0, h.leased, h.arrived, h.oldest, h.newest, false
          from lane_head h where h.n < p_most
        union all
        select h.subscription_id, greatest(h.n, p.n * p_weight), h.n, coalesce(variance_of(p.n, p_weight), 0),
               case when h.leased < h.n / 2 then h.leased else greatest(h.leased, p.leased * p_weight) end,
               (select count(*) filter (where d.replays = 0)
                  from (select d.replays from delivery_<k> d
                         where d.subscription_id = h.subscription_id and d.priority = h.priority and d.position > p_since
                         order by d.position limit 100 * p_most) d),
               coalesce(h.oldest, p.oldest),
               coalesce((select max(d.position) filter (where d.lease_until <= p_now)
                           from (select d.position, d.lease_until from delivery_<k> d
                                  where d.subscription_id = h.subscription_id and d.priority = h.priority
                                  order by d.position desc limit least(p_most, 100)) d), p.newest),
               true
          from lane_head h left join page p using (subscription_id, priority) where h.n = p_most
    )
    select c.subscription_id, sum(c.n - c.leased)::bigint, sum(c.leased)::bigint, 0::bigint, 0::bigint, 0::bigint,
           sum(c.counted)::bigint, sum(c.variance), sum(c.arrived)::bigint, bool_or(c.estimated),
           ready_since_<k>(c.subscription_id, min(c.oldest)), ready_since_<k>(c.subscription_id, max(c.newest))
      from counted c group by c.subscription_id;
end
$$;

create or replace function ready_since_<k>(p_subscription integer, p_position bigint) returns timestamptz
language sql stable
as $$
    select coalesce(d.ready_at, m.sent_at)
      from message_<k> m
     cross join lateral (values (m.priority), ((m.priority + 10)::smallint)) as lane (priority)
     cross join lateral (
           select o.ready_at from delivery_<k> o
            where o.subscription_id = p_subscription and o.priority = lane.priority and o.position = m.id
           offset 0) d
     where m.id = p_position
$$;
/*end*/
$script$);

-- What is not in the ring: what is due there is ready.
create or replace function sample_scheduled(p_now timestamptz, p_since bigint, p_weight integer, p_most integer)
returns setof sample_part language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
begin
    return query
    with page as (
        select s.subscription_id, count(*) filter (where s.due_at <= p_now) as due,
               count(*) filter (where s.due_at > p_now and not s.retrying) as delayed,
               count(*) filter (where s.due_at > p_now and s.retrying) as retrying,
               count(*) filter (where s.position > p_since and s.replays = 0) as arrived,
               min(s.due_at) filter (where s.due_at <= p_now) as oldest, max(s.due_at) filter (where s.due_at <= p_now) as newest
          from scheduled s tablesample system (100.0 / p_weight) repeatable (0)
         group by s.subscription_id
    ), counted as (
        select n.id as subscription_id, d.due, l.delayed, l.retrying, d.oldest,
               (select s.due_at from scheduled s where s.subscription_id = n.id and s.due_at <= p_now
                 order by s.due_at desc, s.position desc limit 1) as newest,
               (select count(*) filter (where s.replays = 0)
                  from (select s.replays from scheduled s where s.subscription_id = n.id and s.position > p_since
                         order by s.position limit 100 * p_most) s) as arrived
          from subscription n
         cross join lateral (
               select count(*) as due, min(s.due_at) as oldest
                 from (select s.due_at from scheduled s where s.subscription_id = n.id and s.due_at <= p_now
                        order by s.due_at, s.position limit p_most) s) d
         cross join lateral (
               select count(*) filter (where not s.retrying) as delayed, count(*) filter (where s.retrying) as retrying
                 from (select s.retrying from scheduled s where s.subscription_id = n.id and s.due_at > p_now
                        order by s.due_at, s.position limit p_most) s) l
         where p_most > 0
    ), estimated as (
        select c.subscription_id, c.arrived, c.oldest, c.newest, c.due = p_most or c.delayed + c.retrying = p_most as estimated,
               case when c.due < p_most then c.due else greatest(c.due, p.due * p_weight) end as due,
               case when c.delayed + c.retrying < p_most then c.delayed else greatest(c.delayed, p.delayed * p_weight) end as delayed,
               case when c.delayed + c.retrying < p_most then c.retrying else greatest(c.retrying, p.retrying * p_weight) end as retrying,
               c.due + c.delayed + c.retrying as counted,
               case when c.due < p_most then 0 else coalesce(variance_of(p.due, p_weight), 0) end
               + case when c.delayed + c.retrying < p_most then 0 else coalesce(variance_of(p.delayed + p.retrying, p_weight), 0) end
                   as variance
          from counted c left join page p using (subscription_id)
        union all
        select p.subscription_id, case when p_weight = 1 then p.arrived else 0 end, p.oldest, p.newest, p_weight > 1,
               p.due * p_weight, p.delayed * p_weight, p.retrying * p_weight, p.due + p.delayed + p.retrying,
               variance_of(p.due + p.delayed + p.retrying, p_weight)
          from page p where p_most = 0
    )
    select e.subscription_id, e.due, 0::bigint, e.delayed, e.retrying, 0::bigint, e.counted, e.variance, e.arrived,
           e.estimated, e.oldest, e.newest
      from estimated e;
    if p_weight > 1 and p_most = 0 then
        return next sample_unseen();
    end if;
end
$$;

create or replace function sample_dead(p_weight integer, p_most integer) returns setof sample_part language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
begin
    return query
    with page as (
        select l.subscription_id, count(*) as n from dead_letter l tablesample system (100.0 / p_weight) repeatable (0)
         group by l.subscription_id
    ), counted as (
        select s.id as subscription_id,
               (select count(*) from (select from dead_letter l where l.subscription_id = s.id limit p_most) l) as n
          from subscription s where p_most > 0
    ), estimated as (
        select c.subscription_id, c.n, c.n as counted, 0::float8 as variance, false as estimated from counted c where c.n < p_most
        union all
        select c.subscription_id, greatest(c.n, p.n * p_weight), c.n, coalesce(variance_of(p.n, p_weight), 0), true
          from counted c left join page p using (subscription_id) where c.n >= p_most
        union all
        select p.subscription_id, p.n * p_weight, p.n, variance_of(p.n, p_weight), p_weight > 1 from page p where p_most = 0
    )
    select e.subscription_id, 0::bigint, 0::bigint, 0::bigint, 0::bigint, e.n, e.counted, e.variance, 0::bigint, e.estimated,
           null::timestamptz, null::timestamptz
      from estimated e;
    if p_weight > 1 and p_most = 0 then
        return next sample_unseen();
    end if;
end
$$;

-- Takes over the acks that a client has added up (p_acked of p_subscriptions), then takes a sample when the last one is
-- p_interval_ms old; null: not now. Returns how many subscriptions were sampled, null when none was due or another client
-- is at it. p_pages: see sample_shares().
create or replace function sample(
    p_interval_ms bigint default 10000, p_subscriptions integer[] default null, p_acked bigint[] default null,
    p_pages integer default 4000
) returns integer language plpgsql security definer
set search_path from current
set jit = off
as $$
declare
    v_began timestamptz := clock_timestamp();
    v_since bigint;
    v_new   sample[];
begin
    perform check_range('interval_ms', p_interval_ms, 0, 300000);
    perform check_range('pages', p_pages, 1, 1000000);
    if (array_position(p_subscriptions, null) is null and 0 <= all (p_acked) and 1000000000000 >= all (p_acked)) is not true
       and (p_subscriptions is not null or p_acked is not null) then
        perform raise_invalid('acked', left(p_acked::text, 140), 'numbers from 0 to 1000000000000, each with a subscription');
    end if;
    if cardinality(p_acked) is distinct from cardinality(p_subscriptions) then
        perform raise_invalid('acked', cardinality(p_acked) || ' long', cardinality(p_subscriptions) || ' long, as subscriptions');
    end if;
    insert into tally (subscription_id, acked, expired, discarded, moved)
    select u.subscription, u.acked, 0, 0, 0 from unnest(p_subscriptions, p_acked) as u (subscription, acked);
    -- A sample of a time that is still to come was taken by a clock that was set back since.
    if p_interval_ms is null
       or pg_sequence_last_value('sample_due_ms') > extract(epoch from v_began) * 1000 + 10000 - p_interval_ms
          and not exists (select from sample p where p.sampled_at > clock_timestamp())
       or not pg_try_advisory_xact_lock(hashtextextended('pgqueue sample ' || current_schema(), 0)) then
        return null;
    end if;

    v_since := (select max(p.position) from sample p);
    with part as materialized (
        select p.*
          from sample_shares(p_pages) h
         cross join lateral (
               select * from sample_slot(h.slot, v_began, v_since, h.weight, h.most) where h.slot >= 0
               union all
               select * from sample_scheduled(v_began, v_since, h.weight, h.most) where h.slot = -1
               union all
               select * from sample_dead(h.weight, h.most) where h.slot = -2) p
    ), there as (
        select p.subscription_id, sum(p.ready) as ready, sum(p.leased) as leased, sum(p.delayed) as delayed,
               sum(p.retrying) as retrying, sum(p.dead) as dead,
               greatest(sum(p.counted), floor(sum(p.ready + p.leased + p.delayed + p.retrying + p.dead) - 3 * sqrt(sum(p.variance)))) as least,
               sum(p.arrived) as arrived,
               bool_or(p.estimated) as estimated, min(p.oldest) as oldest, max(p.newest) as newest
          from part p group by p.subscription_id
    ), ended as (
        select x.subscription_id, sum(x.acked) as acked, sum(x.expired) as expired, sum(x.discarded) as discarded,
               sum(x.moved) as moved
          from tally x group by x.subscription_id
    ), counted as (
        select s.id, coalesce(t.ready, 0) as ready, coalesce(t.leased, 0) as leased, coalesce(t.delayed, 0) as delayed,
               coalesce(t.retrying, 0) as retrying, coalesce(t.dead, 0) as dead, coalesce(t.least, 0) as least,
               coalesce(t.arrived, 0) as arrived, coalesce(e.acked, 0) as acked, coalesce(e.expired, 0) as expired,
               coalesce(e.discarded, 0) as discarded, coalesce(e.moved, 0) as moved, t.oldest, t.newest,
               coalesce(t.estimated, false) or exists (select from part p where p.subscription_id is null) as estimated
          from subscription s
          left join there t on t.subscription_id = s.id
          left join ended e on e.subscription_id = s.id
    ), summed as (
        -- What arrived is known where the difference of two estimates would say nothing.
        select c.*, greatest(p.published + case when c.estimated then c.arrived else 0 end,
                             c.acked + c.expired + c.discarded + c.moved + c.least) as published,
               p.published as published_before, p.acked as acked_before, c.estimated or p.estimated as guessed,
               nullif(greatest(extract(epoch from v_began - p.sampled_at), 0), 0)::float8 as seconds
          from counted c left join sample p on p.subscription_id = c.id
    )
    -- The position comes after the snapshot: what is committed in between counts as arrived neither now nor next time.
    select array_agg((s.id, v_began, s.ready, s.leased, s.delayed, s.retrying, s.dead, s.estimated, s.acked, s.expired,
                      s.discarded, s.moved, s.published,
                      coalesce(case when s.guessed then s.arrived else s.published - s.published_before end / s.seconds, 0),
                      coalesce((s.acked - s.acked_before) / s.seconds, 0), s.oldest, s.newest,
                      coalesce(pg_sequence_last_value('position'), 0))::sample)
      into v_new from summed s;
    perform write_sample(v_new);
    perform setval('sample_due_ms', floor(extract(epoch from clock_timestamp()) * 1000
            + greatest(10000, 20000 * extract(epoch from clock_timestamp() - v_began)))::bigint);
    return coalesce(cardinality(v_new), 0);
end
$$;

-- With the locks both tables are written anew. Without them the sample is replaced row by row and the tally left as it is.
create or replace function write_sample(p_new sample[]) returns void language plpgsql
set lock_timeout = '50ms'
as $$
declare
    v_ended tally[];
begin
    begin
        lock table sample, tally in access exclusive mode;
        v_ended := array(
            select (x.subscription_id, sum(x.acked), sum(x.expired), sum(x.discarded), sum(x.moved))::tally
              from tally x where exists (select from subscription s where s.id = x.subscription_id) group by x.subscription_id);
        truncate sample, tally;
        insert into tally select (e).* from unnest(v_ended) e;
    exception when lock_not_available then
        delete from sample;
    end;
    insert into sample select (n).* from unnest(p_new) n;
end
$$;
