-- Statistics: how much is in a subscription, how much has gone through, and what keeps old rows from being removed.
--
-- Promises   Reading costs the same whatever waits: a sample is taken now and then by whichever client comes first, in one
--            snapshot, and says when. Counting takes at most a twentieth of the time: the longer it took, the later the
--            next one. Nothing is written for each message: clients add up their acks and hand them over with the next
--            sample; the rare other ends are counted by the call that ends them. What was published is derived from where
--            it is now: acked, expired, discarded, moved, waiting or dead; so a total never exceeds the truth and may be
--            late by one sample (docs/adr/0012).
-- Locks      For a sample a transaction-level advisory lock; ACCESS EXCLUSIVE on sample and tally for the moment in which
--            they are written anew, given up after 50 ms of waiting. Both are emptied by TRUNCATE, so they have no dead rows.
-- Errors     PQ002 an interval out of range.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Exact counts; reads every waiting row of the subscription.
create or replace function stats(
    p_subscription integer, out ready bigint, out leased bigint, out delayed bigint, out retrying bigint, out dead bigint
) language sql stable security definer
set search_path from current
as $$
    select (select count(*) from delivery d where d.subscription_id = p_subscription and d.lease_until <= clock_timestamp())
             + (select count(*) from scheduled s where s.subscription_id = p_subscription and s.due_at <= clock_timestamp()),
           (select count(*) from delivery d where d.subscription_id = p_subscription and d.lease_until > clock_timestamp()),
           (select count(*) from scheduled s where s.subscription_id = p_subscription and not s.retrying
               and s.due_at > clock_timestamp()),
           (select count(*) from scheduled s where s.subscription_id = p_subscription and s.retrying
               and s.due_at > clock_timestamp()),
           (select count(*) from dead_letter l where l.subscription_id = p_subscription)
$$;

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

-- Takes over the acks that a client has added up (p_acked of p_subscriptions), then takes a sample when the last one is
-- p_interval_ms old; null: not now. Returns how many subscriptions were sampled, null when none was due or another client
-- is at it.
select install_for_each_slot($script$
create or replace function sample(
    p_interval_ms bigint default 10000, p_subscriptions integer[] default null, p_acked bigint[] default null
) returns integer language plpgsql security definer
set search_path from current
as $$
declare
    v_began timestamptz := clock_timestamp();
    v_new   sample[];
begin
    perform check_range('interval_ms', p_interval_ms, 0, 300000);
    insert into tally (subscription_id, acked, expired, discarded, moved)
    select u.subscription, u.acked, 0, 0, 0 from unnest(p_subscriptions, p_acked) as u (subscription, acked);
    if p_interval_ms is null or pg_sequence_last_value('sample_due_ms') > extract(epoch from v_began) * 1000 + 10000 - p_interval_ms
       or not pg_try_advisory_xact_lock(hashtextextended('pgqueue sample ' || current_schema(), 0)) then
        return null;
    end if;

    with slots as (
        /*each slot*/
        select d.subscription_id, count(*) filter (where d.lease_until <= v_began) as ready,
               count(*) filter (where d.lease_until > v_began) as leased,
               (select coalesce(m.ready_at, m.sent_at) from message_<k> m
                 where m.id = min(d.position) filter (where d.lease_until <= v_began)) as oldest,
               (select coalesce(m.ready_at, m.sent_at) from message_<k> m
                 where m.id = max(d.position) filter (where d.lease_until <= v_began)) as newest
          from delivery_<k> d group by d.subscription_id
        union all
        /*end*/
        select s.subscription_id, count(*) filter (where s.due_at <= v_began), 0, min(s.due_at) filter (where s.due_at <= v_began),
               max(s.due_at) filter (where s.due_at <= v_began)
          from scheduled s group by s.subscription_id
    ), ring as (
        select subscription_id, sum(ready) as ready, sum(leased) as leased, min(oldest) as oldest, max(newest) as newest
          from slots group by subscription_id
    ), later as (
        select s.subscription_id, count(*) filter (where not s.retrying) as delayed, count(*) filter (where s.retrying) as retrying
          from scheduled s where s.due_at > v_began group by s.subscription_id
    ), dead as (
        select l.subscription_id, count(*) as dead from dead_letter l group by l.subscription_id
    ), ended as (
        select x.subscription_id, sum(x.acked) as acked, sum(x.expired) as expired, sum(x.discarded) as discarded,
               sum(x.moved) as moved
          from tally x group by x.subscription_id
    ), counted as (
        select s.id, coalesce(r.ready, 0) as ready, coalesce(r.leased, 0) as leased, coalesce(l.delayed, 0) as delayed,
               coalesce(l.retrying, 0) as retrying, coalesce(d.dead, 0) as dead, coalesce(e.acked, 0) as acked,
               coalesce(e.expired, 0) as expired, coalesce(e.discarded, 0) as discarded, coalesce(e.moved, 0) as moved,
               r.oldest, r.newest
          from subscription s
          left join ring r on r.subscription_id = s.id
          left join later l on l.subscription_id = s.id
          left join dead d on d.subscription_id = s.id
          left join ended e on e.subscription_id = s.id
    ), summed as (
        select c.*, greatest(p.published, c.acked + c.expired + c.discarded + c.moved + c.ready + c.leased + c.delayed
                                          + c.retrying + c.dead) as published,
               p.published as published_before, p.acked as acked_before,
               nullif(extract(epoch from v_began - p.sampled_at), 0)::float8 as seconds
          from counted c left join sample p on p.subscription_id = c.id
    )
    select array_agg((s.id, v_began, s.ready, s.leased, s.delayed, s.retrying, s.dead, s.acked, s.expired, s.discarded, s.moved,
                      s.published, coalesce((s.published - s.published_before) / s.seconds, 0),
                      coalesce((s.acked - s.acked_before) / s.seconds, 0), s.oldest, s.newest)::sample)
      into v_new from summed s;
    perform write_sample(v_new);
    perform setval('sample_due_ms', floor(extract(epoch from clock_timestamp()) * 1000
            + greatest(10000, 20000 * extract(epoch from clock_timestamp() - v_began)))::bigint);
    return coalesce(cardinality(v_new), 0);
end
$$;
$script$);

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

-- The last sample: of one subscription, or of all. One made since then is counted exactly.
create or replace function metrics(p_subscription integer default null)
returns table (
    subscription_id integer, topic text, subscription text, paused boolean, sampled_at timestamptz, ready bigint, leased bigint,
    delayed bigint, retrying bigint, dead bigint, acked bigint, expired bigint, discarded bigint, moved bigint,
    published bigint, published_per_second double precision, acked_per_second double precision, oldest_ready_at timestamptz,
    newest_ready_at timestamptz, idle_end timestamptz, client_id text, durable boolean
) language plpgsql volatile security definer
set search_path from current
as $$
#variable_conflict use_column
begin
    -- Volatile, so that a reader who waited for a sample being written reads it, and not what it replaced.
    return query
    with missing as materialized (
        select s.* from subscription s
         where (p_subscription is null or s.id = p_subscription)
           and not exists (select from sample p where p.subscription_id = s.id))
    select s.id, case when not s.implicit then d.name end, s.name, s.paused, p.sampled_at, p.ready, p.leased, p.delayed,
           p.retrying, p.dead, p.acked, p.expired, p.discarded, p.moved, p.published, p.published_per_second,
           p.acked_per_second, p.oldest_ready_at, p.newest_ready_at, idle_end(a, s.expire_after_idle_ms),
           s.client_id, s.durable
      from subscription s
      join destination d on d.id = s.destination_id
      join sample p on p.subscription_id = s.id
      left join activity a on a.subscription_id = s.id
     where p_subscription is null or s.id = p_subscription
    union all
    select s.id, case when not s.implicit then d.name end, s.name, s.paused, clock_timestamp(), x.ready, x.leased, x.delayed,
           x.retrying, x.dead, e.acked, e.expired, e.discarded, e.moved,
           e.acked + e.expired + e.discarded + e.moved + x.ready + x.leased + x.delayed + x.retrying + x.dead, 0, 0, null, null, idle_end(a, s.expire_after_idle_ms),
           s.client_id, s.durable
      from missing s
      join destination d on d.id = s.destination_id
      left join activity a on a.subscription_id = s.id
      cross join lateral stats(s.id) x
      cross join lateral (
            select coalesce(sum(y.acked), 0)::bigint as acked, coalesce(sum(y.expired), 0)::bigint as expired,
                   coalesce(sum(y.discarded), 0)::bigint as discarded, coalesce(sum(y.moved), 0)::bigint as moved
              from tally y where y.subscription_id = s.id) e
     order by 1;
end
$$;

-- What keeps rows that were deleted from being removed, the oldest first: transactions, prepared ones, replication slots and
-- standbys. Its age counts transactions since it began. The first one is to blame for dead_rows, the dead rows of our
-- tables. since needs pg_read_all_stats for sessions of other users, else it is null.
create or replace function horizon()
returns table (
    kind text, name text, application text, database_user text, since timestamptz, age bigint, dead_rows bigint
) language sql stable security definer
set search_path from current
as $$
    with holder as (
        select 'transaction' as kind, a.pid::text as name, a.application_name as application, a.usename::text as database_user,
               a.xact_start as since, greatest(age(a.backend_xmin), age(a.backend_xid)) as age
          from pg_stat_activity a
         where (a.backend_xmin is not null or a.backend_xid is not null) and a.pid <> pg_backend_pid()
           and a.backend_type <> 'walsender' and (a.datname = current_database() or a.backend_xid is not null)
           and coalesce(a.query, '') not like 'autovacuum:%'
        union all
        select 'prepared transaction', p.gid, null, p.owner::text, p.prepared, age(p.transaction)
          from pg_prepared_xacts p
        union all
        -- A logical slot without xmin keeps rows of the catalogs only.
        select 'replication slot', s.slot_name::text, s.plugin::text, null, null, age(s.xmin)
          from pg_replication_slots s where s.xmin is not null
        union all
        select 'standby', r.pid::text, r.application_name, r.usename::text, r.backend_start, age(r.backend_xmin)
          from pg_stat_replication r where r.backend_xmin is not null
    )
    select h.kind, h.name, h.application, h.database_user, h.since, h.age::bigint,
           case when row_number() over (order by h.age desc, h.since) = 1
                then (select coalesce(sum(t.n_dead_tup), 0)::bigint from pg_stat_all_tables t where t.schemaname = current_schema())
                else 0 end
      from holder h
     order by h.age desc, h.since
$$;
