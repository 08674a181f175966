-- Statistics: how much is in a subscription, how much has gone through, and what keeps old rows from being removed.
--
-- Promises   Reading costs the same whatever waits: it reads the last sample, which says when it was taken and what in it is
--            estimated (see R__sample.sql).
-- Errors     none.
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

-- The last sample: of one subscription, or of all. One made since then is counted exactly.
create or replace function metrics(p_subscription integer default null)
returns table (
    subscription_id integer, topic text, subscription text, paused boolean, sampled_at timestamptz, ready bigint, leased bigint,
    delayed bigint, retrying bigint, dead bigint, estimated boolean, acked bigint, expired bigint, discarded bigint, moved bigint,
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
           p.retrying, p.dead, p.estimated, p.acked, p.expired, p.discarded, p.moved, p.published, p.published_per_second,
           p.acked_per_second, p.oldest_ready_at, p.newest_ready_at, idle_end(a, s.expire_after_idle_ms),
           s.client_id, s.durable
      from subscription s
      join destination d on d.id = s.destination_id
      join sample p on p.subscription_id = s.id
      left join activity a on a.subscription_id = s.id
     where p_subscription is null or s.id = p_subscription
    union all
    select s.id, case when not s.implicit then d.name end, s.name, s.paused, clock_timestamp(), x.ready, x.leased, x.delayed,
           x.retrying, x.dead, false, e.acked, e.expired, e.discarded, e.moved,
           e.acked + e.expired + e.discarded + e.moved + x.ready + x.leased + x.delayed + x.retrying + x.dead, 0, 0, null, null,
           idle_end(a, s.expire_after_idle_ms), s.client_id, s.durable
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
-- standbys. What was deleted from the transaction held_from on stays; age counts the transactions since. A holder whose
-- held_from moves on is busy, and holds nothing for long. The first one is to blame for dead_rows, the dead rows of our
-- tables. since needs pg_read_all_stats for sessions of other users, else it is null.
create or replace function horizon()
returns table (
    kind text, name text, application text, database_user text, since timestamptz, age bigint, dead_rows bigint,
    held_from bigint
) language sql stable security definer
set search_path from current
as $$
    with holder as (
        select 'transaction' as kind, a.pid::text as name, a.application_name as application, a.usename::text as database_user,
               a.xact_start as since,
               case when age(a.backend_xid) > coalesce(age(a.backend_xmin), 0) then a.backend_xid else a.backend_xmin end as held_from
          from pg_stat_activity a
         where (a.backend_xmin is not null or a.backend_xid is not null) and a.pid <> pg_backend_pid()
           and a.backend_type <> 'walsender' and (a.datname = current_database() or a.backend_xid is not null)
           and coalesce(a.query, '') not like 'autovacuum:%'
        union all
        select 'prepared transaction', p.gid, null, p.owner::text, p.prepared, p.transaction
          from pg_prepared_xacts p
        union all
        -- A logical slot without xmin keeps rows of the catalogs only.
        select 'replication slot', s.slot_name::text, s.plugin::text, null, null, s.xmin
          from pg_replication_slots s where s.xmin is not null
        union all
        select 'standby', r.pid::text, r.application_name, r.usename::text, r.backend_start, r.backend_xmin
          from pg_stat_replication r where r.backend_xmin is not null
    )
    select h.kind, h.name, h.application, h.database_user, h.since, age(h.held_from)::bigint,
           case when row_number() over (order by age(h.held_from) desc, h.since) = 1
                then (select coalesce(sum(t.n_dead_tup), 0)::bigint from pg_stat_all_tables t where t.schemaname = current_schema())
                else 0 end,
           h.held_from::text::bigint
      from holder h
     order by age(h.held_from) desc, h.since
$$;
