-- Browsing: what a subscription holds, without leasing it.
--
-- Promises   Reads only; nothing is hidden from consumers. The order is that of delivery: what is ready or leased by
--            priority and position, then what waits for the turn of its group, then what waits for a time, by that. What
--            has expired is not shown. A page is what one moment saw; a delivery that is settled or retried between two
--            pages may be missed or come twice.
-- Locks      ACCESS SHARE on all leaves until the caller's transaction ends.
-- Errors     PQ002 limit, scan or state; PQ004 filter; PQ006 unknown subscription.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

--   p_after_...  where the page before ended, from its last row; null for the first page. p_after_due_at only when that
--                was among those that wait.
--   p_states     any of ready, leased, delayed, retrying
--   p_filter     jsonpath over properties and headers, as a subscription's; null: everything
--   p_max_bytes  most bytes of bodies of a page, exceeded by a single one only
--   p_scan       how many deliveries are looked at for one page, so that it ends soon however few are shown
-- A last row without a message_id says where the next page begins; without it there is none. lease_until is given for what
-- is leased, due_at for what waits.
create or replace function browse(
    p_subscription   integer,
    p_limit          integer     default 100,
    p_after_priority integer     default null,
    p_after_position bigint      default null,
    p_after_due_at   timestamptz default null,
    p_states         text[]      default '{ready,leased,delayed,retrying}',
    p_filter         jsonpath    default null,
    p_with_body      boolean     default false,
    p_max_bytes      bigint      default 4194304,
    p_scan           integer     default 5000
) returns table (
    state           text,
    "position"      bigint,
    priority        smallint,
    lease_until     timestamptz,
    consumer        text,
    due_at          timestamptz,
    attempts        integer,
    replays         smallint,
    first_failed_at timestamptz,
    message_id      uuid,
    sent_at         timestamptz,
    expires_at      timestamptz,
    group_key       text,
    correlation_id  text,
    reply_to        text,
    type            text,
    content_type    text,
    properties      jsonb,
    body_bytes      integer,
    body            bytea
) language plpgsql stable security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_now        timestamptz := clock_timestamp();
    v_ring       boolean := p_states && '{ready,leased}';
    v_waiting    boolean := p_states && '{delayed,retrying}';
    v_floors     bigint[];
    v_parts      integer[] := '{9,8,7,6,5,4,3,2,1,0,19,18,17,16,15,14,13,12,11,10,-1}';
    v_part       integer;
    v_retention  interval;
    v_bytes      bigint := 0;
    v_more       boolean := false;
    v_ready_at   timestamptz;
    v_rows       refcursor;
begin
    perform check_limit(p_limit);
    perform check_range('after_priority', p_after_priority, 0, 19);
    if p_scan < 1 then
        perform raise_invalid('scan', p_scan::text, 'at least 1');
    end if;
    perform check_predicate('filter', p_filter);
    if p_states is null or not p_states <@ '{ready,leased,delayed,retrying}' then
        perform raise_invalid('states', p_states::text, 'some of ready, leased, delayed and retrying');
    end if;
    select s.retention_ms * interval '1 millisecond' into v_retention from subscription s where s.id = p_subscription;
    if not found then
        perform raise_not_found('subscription', '#' || p_subscription);
    end if;
    v_floors := (slots_in_use(p_subscription)).floors;
    v_part := case when p_after_due_at is null then coalesce(p_after_priority, 9) else -1 end;

    <<parts>>
    foreach v_part in array v_parts[array_position(v_parts, v_part) :] loop
        if v_part >= 0 then
            continue when not v_ring or v_floors[least(v_part, 10) + 1] is null;
            open v_rows for
                select case when d.lease_until > v_now then 'leased' else 'ready' end as state, d.position,
                       m.priority, case when d.lease_until > v_now then d.lease_until end as lease_until,
                       (select h.name from holder h where h.id = d.holder) as consumer, null::timestamptz as due_at,
                       d.ready_at, d.attempts, d.replays, d.first_failed_at, m.message_id, m.sent_at, m.expires_at,
                       m.group_key, m.correlation_id, m.reply_to, m.type, m.content_type, m.properties, d.body_bytes,
                       case when p_with_body then m.body end as body
                  from delivery d
                  cross join lateral (select * from message m where m.slot = d.slot and m.id = d.position offset 0) m
                 where d.subscription_id = p_subscription and d.priority = v_part
                   and d.position > case when v_part = p_after_priority then p_after_position else 0 end
                 order by d.position;
        else
            open v_rows for
                select case when s.due_at <= v_now then 'ready' when s.retrying then 'retrying' else 'delayed' end as state,
                       s.position, s.priority, null::timestamptz as lease_until, null as consumer, s.due_at,
                       case when s.retrying then s.ready_at else s.due_at end as ready_at, s.attempts, s.replays,
                       s.first_failed_at, s.message_id, s.sent_at, s.expires_at, s.group_key, s.correlation_id, s.reply_to,
                       s.type, s.content_type, s.properties, coalesce(octet_length(s.body), 0) as body_bytes,
                       case when p_with_body then s.body end as body
                  from scheduled s
                 where s.subscription_id = p_subscription
                   and s.due_at >= coalesce(p_after_due_at, '-infinity')
                   and (s.due_at, s.position) > (coalesce(p_after_due_at, '-infinity'), coalesce(p_after_position, 0))
                   and (v_waiting or s.due_at <= v_now)
                 order by s.due_at, s.position;
        end if;
        loop
            fetch v_rows into state, position, priority, lease_until, consumer, due_at, v_ready_at, attempts, replays, first_failed_at,
                message_id, sent_at, expires_at, group_key, correlation_id, reply_to, type, content_type, properties,
                body_bytes, body;
            exit when not found;
            if state = any (p_states)
               and (state = 'leased'
                    or coalesce(expires_at > v_now, true)
                       and coalesce(coalesce(v_ready_at, sent_at) + v_retention > v_now, true))
               and (p_filter is null
                    or jsonb_path_match(coalesce(properties, '{}'), p_filter,
                           header_view(message_id, priority, sent_at, expires_at, v_ready_at, correlation_id, type, properties),
                           true)) then
                v_bytes := v_bytes + case when p_with_body then body_bytes else 0 end;
                v_more := v_bytes > p_max_bytes and v_bytes > body_bytes;
                exit parts when v_more;
                return next;
                p_limit := p_limit - 1;
            end if;
            p_after_priority := greatest(v_part, 0);
            p_after_position := position;
            p_after_due_at := due_at;
            p_scan := p_scan - 1;
            v_more := p_limit = 0 or p_scan <= 0;
            exit parts when v_more;
        end loop;
        close v_rows;
    end loop;
    if v_more then
        message_id := null;
        state := null;
        consumer := null;
        priority := p_after_priority;
        position := p_after_position;
        due_at := p_after_due_at;
        properties := null;
        body := null;
        return next;
    end if;
end
$$;
