-- Receiving: lease what is ready, in a short transaction of its own.
--
-- Promises   Order is priority descending, then position. A delivery has one live lease at most; rows that others hold
--            are skipped, not waited for. Attempt and epoch grow in the statement that takes the lease. Due scheduled
--            rows come first into the ring. What has expired, or has used up its attempts without an answer, is put
--            away here and never returned. A filter is part of the search: what it refuses is neither locked nor leased,
--            so other consumers get it as if this one were not there.
-- Locks      ROW SHARE and ROW EXCLUSIVE on the leaves of the live slots; row locks on the leased rows until commit.
-- Errors     PQ006 unknown subscription; PQ004 filter; PQ002 a number out of range, or not READ COMMITTED (a snapshot taken
--            earlier would fail with 40001 on every row that anybody leased since).
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Floors make a fetch independent of what was consumed before: dead index entries below them are not walked.
--   p_floors   element p + 1 is the lowest position to look at for priority p; a null element: priority not in use.
--              Null for the whole: discovery, every priority of all sixteen slots from the beginning, whatever the ring's
--              mask says. The rows are the truth, mask and floors are hints.
--   p_due_within_ms   look only for scheduled rows that became due within this time; null: all, and in every slot.
--   p_filter          jsonpath over properties and headers, as a subscription's; null: everything.
--   p_scan            how many ready rows a fetch with a filter looks at, so that it ends soon however few match;
--              null: all.
--   p_after_group     the group whose turn it was last, '' for none; null: no group is to get a turn, which costs nothing.
--              A discovery gives turns anyway, and looks at all groups when this is null. When it is not, a call looks at
--              some thousand groups whose head waits for its retry, and says in a last row without a message where that
--              ended, in group_key: the p_after_group of the next call.
--   p_holder   who receives, a number that hold_as() gave.
--   p_tell_ended   whether a last row without a message tells, by tracked, that tracked deliveries were put away, for whose
--              outcome somebody may wait.
--   floors     where to begin next time. In a discovery: 0 for the priorities in use, an eleventh for groups. With a
--              filter: how far it looked; a last row without a message tells this too. Its position is where the look ended
--              early, null at the end. A caller that got nothing goes on from these floors, with the same p_due_within_ms.
select install_for_each_slot($script$
create or replace function receive(
    p_subscription   integer,
    p_max            integer,
    p_lease_ms       bigint   default null,
    p_max_bytes      bigint   default 4194304,
    p_floors         bigint[] default null,
    p_due_within_ms  bigint   default null,
    p_filter         jsonpath default null,
    p_scan           integer  default 2000,
    p_after_group    text     default null,
    p_holder         integer  default null,
    p_tell_ended     boolean  default false
) returns table (
    slot            smallint,
    "position"      bigint,
    priority        smallint,
    epoch           integer,
    attempts        integer,
    replays         smallint,
    lease_until     timestamptz,
    floors          bigint[],
    message_id      uuid,
    sent_at         timestamptz,
    expires_at      timestamptz,
    group_key       text,
    correlation_id  text,
    reply_to        text,
    type            text,
    content_type    text,
    properties      jsonb,
    body            bytea,
    tracked         boolean
) language plpgsql security definer
set search_path from current
-- Plans must not depend on statistics: the leaves are empty when a plan is first made, and are never analysed. Joins are
-- written as laterals, which leaves only the nested loop. Each setting costs every call about a microsecond.
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_now          timestamptz := clock_timestamp();
    v_state        bigint := pg_sequence_last_value('ring_state');
    v_discover     boolean := p_floors is null;
    v_one_slot     boolean := p_floors is not null and p_filter is null
                              and ((v_state >> 4) & 65535) = (1 << (v_state & 15)::integer);
    -- Null: out of range, which is refused below.
    v_due_after    timestamptz := case when p_due_within_ms is null then '-infinity'
                                       when p_due_within_ms between 0 and 31622400000
                                       then v_now - p_due_within_ms * interval '1 millisecond' end;
    v_until        timestamptz;
    v_paused       boolean;
    v_watched      boolean;
    v_due          boolean;
    v_max_attempts integer;
    v_retention    interval;
    v_slots        integer[];
    v_floors       bigint[];
    v_end          bigint;
    v_scan         integer := p_scan;
    v_heads        bigint[];
    v_lowest       record;
    v_slot         integer := v_state & 15;
    v_index        integer;
    v_from         bigint;
    v_bound        bigint := 9223372036854775807;
    v_left         integer := p_max;
    v_bytes        bigint := p_max_bytes;
    v_found        record;
    v_tids         tid[];
    -- Of each row before it is leased; 0 for all where no row was ever leased, replayed or delayed, as most are.
    v_none         integer;
    v_epochs       integer[];
    v_attempts     integer[];
    v_replays      smallint[];
    v_ready        timestamptz[];
    v_sizes        bigint[];
    v_size         bigint;
    v_returned     integer;
    v_put_away     integer := 0;
    v_ended        boolean := false;
    v_bounded      boolean := p_floors is not null or p_after_group is not null;
    v_tells        boolean := p_after_group is not null;
    v_looked_to    text;
    v_head         record;
begin
    -- The remainder is the lease itself, unless that is refused below: here it must not leave the range of times.
    select v_now + coalesce(p_lease_ms, s.lease_ms) % 43200001 * interval '1 millisecond', s.paused, s.max_attempts,
           s.expire_after_idle_ms is not null, s.retention_ms * interval '1 millisecond',
           exists (select from scheduled d where d.subscription_id = p_subscription and d.due_at <= v_now
                      and d.due_at >= v_due_after)
      into v_until, v_paused, v_max_attempts, v_watched, v_retention, v_due
      from subscription s where s.id = p_subscription;

    if v_due or v_watched or v_discover or p_after_group is not null or v_paused is not false or p_max is null
       or p_max not between 1 and 1000 or p_lease_ms not between 1000 and 43200000 or p_scan < 1
       or v_due_after is null or p_filter is not null
       or current_setting('transaction_isolation') <> 'read committed'
       or current_setting('transaction_read_only') = 'on' then
        if current_setting('transaction_read_only') = 'on' then
            raise exception using errcode = '25006',
                message = 'receive takes leases, which a read-only transaction cannot',
                hint = 'Call receive in a transaction that may write, on the primary.';
        end if;
        if p_max is null or p_max not between 1 and 1000 then
            perform raise_invalid('max', p_max::text, '1 to 1000');
        end if;
        -- A lease that ends at once would be taken again by the same call.
        if p_lease_ms not between 1000 and 43200000 then
            perform raise_invalid('lease_ms', p_lease_ms::text, '1000 to 43200000');
        end if;
        if p_scan < 1 then
            perform raise_invalid('scan', p_scan::text, 'at least 1');
        end if;
        if v_due_after is null then
            perform raise_invalid('due_within_ms', p_due_within_ms::text, '0 to 31622400000');
        end if;
        if p_filter is not null then
            perform check_predicate('filter', p_filter);
        end if;
        if v_paused is null then
            perform raise_not_found('subscription', '#' || p_subscription);
        end if;
        if current_setting('transaction_isolation') <> 'read committed' then
            raise exception using errcode = 'PQ002',
                message = format('receive runs in a transaction of isolation level %s, it needs read committed',
                                 current_setting('transaction_isolation')),
                hint = 'Call receive in a short READ COMMITTED transaction of its own and handle the messages after its commit.';
        end if;
        if v_watched then
            perform note_activity(array[p_subscription]);
        end if;
        if v_paused then
            return;
        end if;
        -- What is promoted or gets its turn keeps its old position, below the floors.
        if v_due then
            for v_head in select * from promote_in_turn(p_subscription, v_now, p_max, true) loop
                if v_head.priority < 10 then
                    p_floors[v_head.priority + 1] := least(p_floors[v_head.priority + 1], v_head.lowest);
                else
                    p_after_group := coalesce(p_after_group, '');
                end if;
            end loop;
        end if;
        if v_discover then
            select coalesce(f.slots, array[v_slot]), f.floors into v_slots, p_floors from slots_in_use(p_subscription) f;
        end if;
        if v_discover and p_floors[11] is not null or not v_discover and p_after_group is not null then
            -- A filter may refuse any number of heads, which must not keep others from their turn.
            for v_head in
                select * from admit_heads(p_subscription, v_now, case when p_filter is null then p_max else 1000000 end,
                                          coalesce(p_after_group, ''),
                                          case when v_bounded then p_max + case when v_discover then 20000 else 2000 end end)
            loop
                if v_head.priority is null then
                    v_looked_to := v_head.looked_to;
                else
                    p_floors[v_head.priority + 1] := least(p_floors[v_head.priority + 1], v_head.lowest);
                end if;
            end loop;
        end if;
    end if;

    if not v_one_slot then
        if p_due_within_ms is not null and not v_discover then
            v_slots := live_slots();
        elsif v_slots is null then
            select coalesce(f.slots, array[v_slot]) into v_slots from slots_in_use(p_subscription) f;
        end if;
        if v_discover or p_filter is not null then
            v_floors := p_floors;
        end if;
        -- What is published from here on has a higher position.
        v_end := coalesce(pg_sequence_last_value('position'), 0) + 1;
    end if;

    <<priorities>>
    for v_priority in reverse 9 .. 0 loop
        v_from := p_floors[v_priority + 1];
        continue when v_from is null;
        if not v_one_slot then
            v_heads := heads(v_slots, p_subscription, v_priority::smallint, v_from, v_now);
        end if;

        loop
            if not v_one_slot then
                -- Merge by runs: from the slot with the lowest head up to the lowest head of the others.
                v_lowest := lowest_head(v_heads);
                v_index := v_lowest.index;
                v_from := v_lowest.head;
                v_bound := v_lowest.next_head;
                exit when v_from is null;
                v_slot := v_slots[v_index];
                if p_filter is not null then
                    v_floors[v_priority + 1] := v_from;
                    exit priorities when v_scan = 0;
                    select n.bound, n.left_over into v_bound, v_scan
                      from look_at(v_slot, p_subscription, v_priority::smallint, v_from, v_bound, v_now, v_scan) n;
                end if;
            end if;
            /*in slot v_slot*/
                -- Two statements: a condition on a filter that is not given would cost every fetch.
                /*text found*/
                select array_agg(c.ctid) as tids, array_agg(c.position) as positions, sum(c.body_bytes) as bytes,
                       bool_and(c.epoch = 0 and c.attempts = 0 and c.replays = 0 and c.ready_at is null) as untouched
                  into v_found
                /*end*/
                /*text ready*/
                select d.ctid, d.position, d.epoch, d.attempts, d.replays, d.ready_at, d.body_bytes from delivery_<k> d
                 where d.subscription_id = p_subscription and d.priority = v_priority
                   and d.position >= v_from and d.position < v_bound and d.lease_until <= v_now
                /*end*/
                if p_filter is null then
                    <found> from (<ready>
                                   order by d.position limit v_left for update skip locked) c;
                else
                    <found> from (<ready>
                                     and (select jsonb_path_match(coalesce(m.properties, '{}'), p_filter,
                                                     header_view(m.message_id, m.priority, m.sent_at, m.expires_at, d.ready_at,
                                                                 m.correlation_id, m.type, m.properties), true)
                                            from message_<k> m where m.id = d.position)
                                   order by d.position limit v_left for update skip locked) c;
                end if;
                v_tids := v_found.tids;
                v_size := v_found.bytes;
                if v_size > v_bytes then
                    v_sizes := array(select d.body_bytes from delivery_<k> d where d.ctid = any (v_tids) order by d.position);
                    v_tids := v_tids[1 : how_many_fit(v_sizes, v_bytes, v_left = p_max)];
                    v_found.positions := v_found.positions[1 : cardinality(v_tids)];
                end if;
                v_none := case when v_found.untouched then 0 end;
                if not v_found.untouched then
                    select array_agg(c.epoch), array_agg(c.attempts), array_agg(c.replays), array_agg(c.ready_at)
                      into v_epochs, v_attempts, v_replays, v_ready
                      from (select d.epoch, d.attempts, d.replays, d.ready_at from delivery_<k> d
                             where d.ctid = any (v_tids) order by d.position) c;
                end if;
                if v_tids is not null then
                    update delivery_<k> d
                       set lease_until = v_until, epoch = d.epoch + 1, attempts = d.attempts + 1,
                           -- The last holder's name goes into the dead letter of what it did not answer.
                           holder = case when d.attempts < v_max_attempts or v_max_attempts = 0 then p_holder
                                         else d.holder end
                     where d.ctid = any (v_tids);
                    return query
                    select <k>::smallint, m.id, m.priority, coalesce(v_none, v_epochs[i]) + 1,
                           coalesce(v_none, v_attempts[i]) + 1, coalesce(v_none::smallint, v_replays[i]), v_until, v_floors,
                           m.message_id, m.sent_at, m.expires_at, m.group_key, m.correlation_id, m.reply_to, m.type,
                           m.content_type, m.properties, m.body, m.tracked
                      /*from 17: one walk of the index for all, whose order is known*/
                      from message_<k> m cross join lateral (select width_bucket(m.id, v_found.positions) as i) at
                     where m.id = any (v_found.positions)
                      /*before 17: a nested loop keeps the order, so that bodies need not be copied to sort them*/
                      from generate_subscripts(v_found.positions, 1) i
                     cross join lateral (select * from message_<k> where id = v_found.positions[i] offset 0) m
                     where true
                      /*any version*/
                       and (coalesce(v_none, v_attempts[i]) < v_max_attempts or v_max_attempts = 0)
                       and (m.expires_at > v_now or m.expires_at is null)
                       and (v_retention is null
                            or coalesce(case when v_none is null then v_ready[i] end, m.sent_at) + v_retention > v_now)
                      /*from 17*/ order by m.id /*any version*/;
                    get diagnostics v_returned = row_count;
                end if;
            /*end*/
            if v_tids is null then
                exit when v_one_slot;
            else
                if v_returned < cardinality(v_tids) then
                    if put_away_undeliverable(v_slot, p_subscription, v_priority::smallint,
                                              v_found.positions, v_now, v_max_attempts, v_retention) then
                        v_ended := p_tell_ended;
                    end if;
                    -- The rest next time, so that what is done is committed however much has expired.
                    v_put_away := v_put_away + cardinality(v_tids) - v_returned;
                    exit priorities when v_put_away >= 2000;
                end if;
                exit priorities when v_returned = v_left or v_size > v_bytes and (v_returned > 0 or v_left < p_max);
                -- Behind what was looked at: else each round would walk over all that was put away before.
                v_from := v_found.positions[cardinality(v_tids)] + 1;
                if not v_one_slot then
                    v_heads[v_index] := v_from;
                end if;
                -- All that the bytes allowed, or as many as asked for, but some were put away: this run may have more.
                continue when v_size > v_bytes;
                v_bytes := v_bytes - v_size;
                v_left := v_left - v_returned;
                continue when cardinality(v_tids) = v_left + v_returned;
                exit when v_one_slot;
            end if;
            -- This run is used up; the slot goes on behind it.
            v_heads[v_index] := (heads(array[v_slot], p_subscription, v_priority::smallint, v_bound, v_now))[1];
        end loop;
        if p_filter is not null then
            v_floors[v_priority + 1] := v_end;
        end if;
    end loop;
    if p_filter is not null or v_tells and v_looked_to is not null or v_ended then
        position := case when p_filter is not null then v_from end;
        floors := v_floors;
        group_key := v_looked_to;
        tracked := v_ended;
        return next;
    end if;
end
$$;

-- Where a subscription has deliveries: floors is 0 for each priority in use, with an eleventh element for waiting members
-- of groups. One step from each lane to the next lower one.
create or replace function slots_in_use(p_subscription integer, out slots integer[], out floors bigint[])
language plpgsql as $$
declare
    v_found smallint;
begin
    floors := array_fill(null::bigint, array[11]);
    for s in 0 .. 15 loop
        v_found := 20;
        loop
            /*in slot s*/
                select d.priority into v_found from delivery_<k> d
                 where d.subscription_id = p_subscription and d.priority < v_found
                 order by d.priority desc, d.position limit 1;
            /*end*/
            exit when v_found is null;
            floors[least(v_found, 10) + 1] := 0;
            if slots[cardinality(slots)] is distinct from s then
                slots := slots || s;
            end if;
        end loop;
    end loop;
end
$$;

-- The first ready position in each of the slots, null where there is none.
create or replace function heads(
    p_slots integer[], p_subscription integer, p_priority smallint, p_from bigint, p_now timestamptz
) returns bigint[] language plpgsql as $$
declare
    v_slot  integer;
    v_head  bigint;
    v_heads bigint[];
begin
    foreach v_slot in array p_slots loop
        /*in slot v_slot*/
            select d.position into v_head from delivery_<k> d
             where d.subscription_id = p_subscription and d.priority = p_priority
               and d.position >= p_from and d.lease_until <= p_now
             order by d.position limit 1;
        /*end*/
        v_heads := v_heads || v_head;
    end loop;
    return v_heads;
end
$$;

-- How far a fetch with a filter looks in a run: behind the last of p_rows ready rows, or to the end of the run.
create or replace function look_at(
    p_slot integer, p_subscription integer, p_priority smallint, p_from bigint, p_bound bigint, p_now timestamptz,
    p_rows integer, out bound bigint, out left_over integer
) language plpgsql as $$
begin
    /*in slot p_slot*/
        select p_rows - count(*), case when count(*) < p_rows then p_bound else max(c.position) + 1 end
          into left_over, bound
          from (select d.position from delivery_<k> d
                 where d.subscription_id = p_subscription and d.priority = p_priority
                   and d.position >= p_from and d.position < p_bound and d.lease_until <= p_now
                 order by d.position limit p_rows) c;
    /*end*/
end
$$;
$script$);

-- Where the next run begins and ends: the lowest head and the second lowest. Loops, because a query with a window costs
-- four times as much to set up. Two are the same when a search goes on behind what it put away: one of them is no row,
-- and a run is never empty, else it would be looked for in the same slot for ever.
create or replace function lowest_head(p_heads bigint[], out index integer, out head bigint, out next_head bigint)
language plpgsql immutable as $$
begin
    next_head := 9223372036854775807;
    for i in 1 .. cardinality(p_heads) loop
        if p_heads[i] < head or head is null and p_heads[i] is not null then
            next_head := coalesce(head, next_head);
            head := p_heads[i];
            index := i;
        elsif p_heads[i] < next_head then
            next_head := p_heads[i];
        end if;
    end loop;
    next_head := greatest(next_head, head + 1);
end
$$;

-- A loop: the query costs four times as much to set up.
create or replace function live_slots() returns integer[] language plpgsql volatile as $$
declare
    v_state bigint := pg_sequence_last_value('ring_state');
    v_slots integer[];
begin
    for s in 0 .. 15 loop
        if v_state & (1 << (s + 4)) <> 0 then
            v_slots := v_slots || s;
        end if;
    end loop;
    return v_slots;
end
$$;

-- How many of these bodies, from the first on, fit into so many bytes. The very first one of a fetch always does, however
-- large, else it would never be delivered.
create or replace function how_many_fit(p_sizes bigint[], p_bytes bigint, p_first boolean) returns integer
language sql immutable as $$
    select greatest(count(*) filter (where total <= p_bytes), p_first::integer)::integer
      from (select sum(size) over (rows unbounded preceding) as total from unnest(p_sizes) as u (size)) t
$$;

-- Moves what has become due into the ring, lowest due time first; the lowest position of each lane moved. The message row
-- may be there already for another subscription. A retry has its group's turn still; what its sender delayed stands in line.
select install_for_each_slot($script$
create or replace function promote_due(
    p_subscription integer, p_now timestamptz, p_max integer, out priority smallint, out lowest bigint
) returns setof record language sql volatile
as $$
    with due as (
        delete from scheduled d
         where d.ctid = any (array(
               select s.ctid from scheduled s
                where s.subscription_id = p_subscription and s.due_at <= p_now
                order by s.due_at, s.position limit p_max for update skip locked))
        returning d.*
    ), ring as (
        select (pg_sequence_last_value('ring_state') & 15)::smallint as current_slot
    ), stored as (
        insert into message (id, expires_at, slot, <envelope>)
        select d.position, d.expires_at, r.current_slot, <d.envelope>
          from due d cross join ring r order by d.position
        on conflict do nothing
    ), ready as (
        insert into delivery (
            position, subscription_id, epoch, attempts, body_bytes, slot, priority, replays, failures, first_failed_at,
            ready_at, group_key, replace_key, tracked)
        select d.position, d.subscription_id, d.epoch, d.attempts, coalesce(octet_length(d.body), 0), r.current_slot,
               case when d.has_turn then d.priority else lane_of(d.priority, d.group_key) end, d.replays, d.failures,
               d.first_failed_at, case when d.retrying then d.ready_at else d.due_at end, d.group_key, d.replace_key, d.tracked
          from due d cross join ring r
        returning position, priority
    )
    select r.priority, min(r.position) from ready r group by r.priority
$$;
$script$);

-- As promote_due(). Members of a group come into the ring one after the other: two callers that each take some of them would
-- commit in any order, and the later one could get the turn. Without p_wait nothing is promoted while somebody else is at it.
create or replace function promote_in_turn(
    p_subscription integer, p_now timestamptz, p_max integer, p_wait boolean, out priority smallint, out lowest bigint
) returns setof record language plpgsql as $$
begin
    if (select bool_or(s.group_key is not null and not s.has_turn)
          from (select d.group_key, d.has_turn from scheduled d
                 where d.subscription_id = p_subscription and d.due_at <= p_now
                 order by d.due_at, d.position limit p_max) s) then
        if not lock_turns(p_subscription, p_wait) then
            return;
        end if;
    end if;
    return query select * from promote_due(p_subscription, p_now, p_max);
end
$$;

-- At most once: leases and acks in one transaction, so nothing comes a second time, whatever becomes of it. Arguments and
-- result are those of receive().
create or replace function pop(
    p_subscription integer, p_max integer default 1, p_max_bytes bigint default 4194304, p_floors bigint[] default null,
    p_due_within_ms bigint default null, p_filter jsonpath default null, p_scan integer default 2000,
    p_after_group text default null, p_tell_ended boolean default false
) returns table (
    slot smallint, "position" bigint, priority smallint, epoch integer, attempts integer, replays smallint,
    lease_until timestamptz, floors bigint[], message_id uuid, sent_at timestamptz, expires_at timestamptz, group_key text,
    correlation_id text, reply_to text, type text, content_type text, properties jsonb, body bytea,
    tracked boolean
) language plpgsql security definer
set search_path from current
as $$
#variable_conflict use_column
begin
    return query
    select r.slot, r.position, r.priority, r.epoch, r.attempts, r.replays, r.lease_until, r.floors, r.message_id, r.sent_at,
           r.expires_at, r.group_key, r.correlation_id, r.reply_to, r.type, r.content_type, r.properties, r.body, r.tracked
      from receive(p_subscription, p_max, null, p_max_bytes, p_floors, p_due_within_ms, p_filter, p_scan,
                   p_after_group, p_tell_ended => p_tell_ended) r
     where r.message_id is null or ack(r.slot, p_subscription, r.priority, r.position, r.epoch);
end
$$;

-- The number under which receive() keeps a consumer's name with its leases. Names not heard of for 400 days are forgotten.
create or replace function hold_as(p_name text) returns integer language plpgsql security definer
set search_path from current
as $$
declare
    v_id integer;
begin
    if p_name is null or length(p_name) not between 1 and 255 then
        perform raise_invalid('consumer', coalesce(length(p_name)::text || ' characters long', 'null'), '1 to 255 characters long');
    end if;
    delete from holder h where h.registered_at < clock_timestamp() - interval '400 days' and h.name <> p_name;
    insert into holder as h (id, name) values (nextval('holder_id'), p_name)
    on conflict (name) do update set registered_at = clock_timestamp()
    returning h.id into v_id;
    return v_id;
end
$$;

-- Which of these subscriptions have something to lease now: the poll of a whole JVM in one call.
create or replace function ready(p_subscriptions integer[]) returns integer[] language plpgsql security definer
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
    perform note_activity(p_subscriptions);
    return array(
        select s from unnest(p_subscriptions) s
         where exists (select from scheduled d where d.subscription_id = s and d.due_at <= clock_timestamp())
            or exists (select from delivery d where d.subscription_id = s and d.lease_until <= clock_timestamp()));
end
$$;
