-- snippet: sql-horizon
select pid, usename, application_name, state, now() - xact_start as open_for, left(query, 60) as query
  from pg_stat_activity
 where backend_xmin is not null or backend_xid is not null
 order by xact_start;

select slot_name, active, xmin, catalog_xmin from pg_replication_slots;

select gid, prepared, owner from pg_prepared_xacts;
-- end snippet

-- snippet: sql-sizes
select c.relname, pg_size_pretty(pg_total_relation_size(c.oid)) as size
  from pg_class c
 where c.relnamespace = 'pgqueue'::regnamespace and c.relkind = 'r'
   and pg_relation_size(c.oid) > 0
 order by pg_total_relation_size(c.oid) desc;
-- end snippet
