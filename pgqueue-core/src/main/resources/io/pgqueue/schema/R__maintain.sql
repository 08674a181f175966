-- Maintenance: the ring goes round. Called by every client every few seconds; one at a time does the work.
--
-- Promises   Small steps that give up instead of waiting: publishing and receiving never queue behind maintenance for
--            longer than the lock timeout below. Ring state and mask are derived again at each pass from what the leaves
--            really hold, so a crash between two steps, a restore, or a late publish into an old slot mends itself.
-- Locks      A transaction-level advisory lock; for one drained slot ACCESS EXCLUSIVE on its two leaves, for at most
--            50 ms of waiting; row locks on the stragglers that are carried over.
-- Errors     none of their own.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- One pass. leader is false, and nothing done, while another client is at it.
--   rotated    slot that publishing moved to, null when it stayed
--   reclaimed  slot that was truncated, null when none was drained; at most one a pass, because a lock on one slot is
--              never held while waiting for another
--   carried    stragglers moved from old slots into the current one
--   buried     deliveries whose last lease ended without an answer
--   swept      rows that had expired, were orphaned, too old or too many, and subscriptions without consumers in which some were due
--   idle       subscriptions whose end was announced, or that ended, because nobody consumed from them; null for none
create or replace function maintain(
    p_rotate_after   bigint default 100000,
    p_rotate_age_ms  bigint default 60000,
    out leader       boolean,
    out rotated      integer,
    out reclaimed    integer,
    out carried      integer,
    out buried       integer,
    out swept        integer,
    out idle         idle_notice[]
) language plpgsql security definer
set search_path from current
set lock_timeout = '50ms'
-- Up to PostgreSQL 17 a plan that has to read a table as a whole, where that is forbidden, costs so much that it is compiled.
set jit = off
as $$
declare
    v_state    bigint;
    v_current  integer;
    v_previous integer;
    v_mask     bigint := 0;
    v_now_ms   bigint := floor(extract(epoch from clock_timestamp()) * 1000);
    v_age_ms   bigint := v_now_ms - pg_sequence_last_value('ring_rotated_ms');
    v_written  bigint;
    v_drained  integer[];
    v_slot     integer;
    v_done     boolean;
    v_ended    record;
begin
    -- A slot is looked at again under its lock, in a new statement. With a snapshot that is older than the lock, rows
    -- committed since would be invisible, and truncated.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception using errcode = 'PQ002',
            message = format('maintain runs in a transaction of isolation level %s, it needs read committed',
                             current_setting('transaction_isolation')),
            hint = 'Call maintain in a READ COMMITTED transaction of its own.';
    end if;
    leader := pg_try_advisory_xact_lock(hashtextextended('pgqueue maintenance ' || current_schema(), 0));
    if not leader then
        return;
    end if;
    -- The clock was set back: how old it is nobody knows, and what waits for that time to come would wait too long.
    if v_age_ms < 0 then
        v_age_ms := 9223372036854775807;
    end if;
    v_state := pg_sequence_last_value('ring_state');
    v_current := v_state & 15;
    v_previous := (v_state >> 20) & 15;
    for s in 0 .. 15 loop
        if s = v_current or not slot_is_clean(s) then
            v_mask := v_mask | (1::bigint << (s + 4));
        end if;
    end loop;

    v_written := coalesce(pg_sequence_last_value('position'), 0) - pg_sequence_last_value('ring_position');
    if v_written >= p_rotate_after
       or v_written > 0 and v_age_ms >= p_rotate_age_ms then
        for i in 1 .. 15 loop
            if v_mask & (1::bigint << ((v_current + i) % 16 + 4)) = 0 then
                rotated := (v_current + i) % 16;
                exit;
            end if;
        end loop;
        -- With no clean slot left the current one keeps growing: publishing never waits.
        if rotated is not null then
            v_previous := v_current;
            v_current := rotated;
            v_mask := v_mask | (1::bigint << (rotated + 4));
            perform setval('ring_position', pg_sequence_last_value('position'));
            perform setval('ring_rotated_ms', v_now_ms);
            v_age_ms := 0;
        end if;
    end if;
    if v_state <> ((v_previous::bigint << 20) | v_mask | v_current) then
        perform setval('ring_state', (v_previous::bigint << 20) | v_mask | v_current);
    end if;

    carried := 0;
    buried := 0;
    for s in 0 .. 15 loop
        continue when v_mask & (1::bigint << (s + 4)) = 0;
        buried := buried + bury_crash_loops(s);
        perform summarise(s);
        continue when s = v_current;
        if slot_is_drained(s) then
            v_drained := v_drained || s;
        elsif s <> v_previous or v_age_ms >= 10000 then
            -- The slot left last is still being consumed: its rows need not be moved to make room.
            carried := carried + carry_over(s);
        end if;
    end loop;
    perform end_lost_nodes();
    perform forget_old_keys();
    swept := sample_depths();
    perform forget_outcomes(500);
    v_ended := end_idle_subscriptions(5000);
    idle := nullif(v_ended.notices, '{}');
    swept := swept + sweep() + v_ended.discarded;
    perform drop_old_history();
    -- Last, because the lock on the slot is kept until the transaction ends, and whoever reads all slots waits for it. One
    -- that vacuum or a reader has for long keeps no others from their turn; three, because each costs the lock timeout.
    foreach v_slot in array array(select s from unnest(v_drained) s order by random() limit 3) loop
        v_done := reclaim(v_slot);
        if v_done then
            reclaimed := v_slot;
        end if;
        exit when v_done is not null;
    end loop;
end
$$;

-- JVMs that have not been heard of for a while. Whoever needs what they owned does not wait for this.
create or replace function end_lost_nodes() returns integer language plpgsql as $$
begin
    return end_nodes(clock_timestamp() - interval '50 seconds');
exception
    when lock_not_available or deadlock_detected then
        return 0;
end
$$;

-- Clean: nothing was ever written since the last TRUNCATE. Drained: whatever was written is gone.
select install_for_each_slot($script$
create or replace function slot_is_clean(p_slot integer) returns boolean language plpgsql as $$
begin
    /*in slot p_slot*/
        return pg_relation_size('delivery_<k>') = 0 and pg_relation_size('message_<k>') = 0;
    /*end*/
end
$$;

create or replace function slot_is_drained(p_slot integer) returns boolean language plpgsql as $$
begin
    /*in slot p_slot*/
        return not exists (select from delivery_<k>);
    /*end*/
end
$$;

-- The first look may have missed a publish that was not committed yet: look again under the lock, in a new statement; false
-- then. Null when somebody else has the slot and nothing is locked. Locked in the order in which publishing locks them.
create or replace function reclaim(p_slot integer) returns boolean language plpgsql as $$
begin
    /*in slot p_slot*/
        lock table message_<k>, delivery_<k> in access exclusive mode;
        if exists (select from delivery_<k>) then
            return false;
        end if;
        truncate delivery_<k>, message_<k>;
    /*end*/
    return true;
exception
    when lock_not_available then
        return null;
end
$$;

-- Messages written since the last pass become findable by id without reading them. Full ranges only, the newest first until
-- one was summarised before: a summary that publishing has to keep up to date costs it more than an index.
create or replace function summarise(p_slot integer) returns void language plpgsql as $$
declare
    v_block bigint;
begin
    /*in slot p_slot*/
        v_block := pg_relation_size('message_<k>') / current_setting('block_size')::integer / 32 * 32;
        while v_block >= 32 loop
            v_block := v_block - 32;
            exit when brin_summarize_range('message_<k>_message_id_idx', v_block) = 0;
        end loop;
    /*end*/
exception
    -- Vacuum or a change of the table is at it.
    when lock_not_available then
        return;
end
$$;

-- Stragglers that keep an old slot alive move to the current one: those without a live lease, with position, attempts and
-- epoch. Whose lease ended unanswered in the last ten minutes stays: its holder names the slot when he acks late, and nobody
-- may have taken over. A slot with more than 2000 rows is a backlog and is left alone; rotation goes round it. Deliveries of a
-- subscription that was dropped meanwhile are removed.
create or replace function carry_over(p_slot integer) returns integer language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_now   timestamptz := clock_timestamp();
    v_slot  smallint := pg_sequence_last_value('ring_state') & 15;
    v_moved integer := 0;
begin
    /*in slot p_slot*/
        if (select count(*) from (select from delivery_<k> limit 2001) few) <= 2000 then
            with orphaned as (
                delete from delivery_<k> d
                 where d.ctid = any (array(
                       select o.ctid from delivery_<k> o
                        where not exists (select from subscription s where s.id = o.subscription_id) for update skip locked))
                returning case when d.tracked then ended(d.position, d.subscription_id, 'DISCARDED') end)
            select count(*) into v_moved from orphaned;
            with gone as (
                delete from delivery_<k> d
                 where d.ctid = any (array(
                       select o.ctid from delivery_<k> o where o.lease_until <= v_now - interval '10 minutes'
                        order by o.subscription_id, o.position limit 500 for update skip locked))
                returning d.*
            ), stored as (
                insert into message (id, expires_at, slot, <envelope>)
                select m.id, m.expires_at, v_slot, <m.envelope>
                  from message_<k> m where m.id in (select g.position from gone g) order by m.id
                on conflict do nothing
            )
            insert into delivery (
                position, lease_until, subscription_id, epoch, attempts, body_bytes, slot, priority, replays, failures,
                first_failed_at, ready_at, group_key, replace_key, tracked)
            select g.position, g.lease_until, g.subscription_id, g.epoch, g.attempts, g.body_bytes, v_slot, g.priority,
                   g.replays, g.failures, g.first_failed_at, g.ready_at, g.group_key, g.replace_key, g.tracked
              from gone g;
            get diagnostics v_moved = row_count;
        end if;
    /*end*/
    return v_moved;
exception
    -- On a busy machine even growing a table may take longer than the lock timeout: the next pass moves them.
    when lock_not_available or deadlock_detected then
        return 0;
end
$$;

-- A message that kills its consumer is never nacked. Receiving buries it at the next claim; this is for subscriptions
-- that nobody receives from any more. A leaf above 16 MB is left to receiving, because this reads the whole leaf.
create or replace function bury_crash_loops(p_slot integer) returns integer language plpgsql as $$
declare
    v_now   timestamptz := clock_timestamp();
    v_count integer := 0;
    v_row   record;
begin
    /*in slot p_slot*/
        if pg_relation_size('delivery_<k>') <= 16777216 then
            for v_row in
                select d.subscription_id, d.priority, d.position, s.max_attempts, d.failures >= d.attempts as answered
                  from delivery_<k> d
                  join subscription s on s.id = d.subscription_id
                 where d.attempts > 0 and d.lease_until <= v_now and s.max_attempts > 0 and d.attempts >= s.max_attempts
                 order by d.subscription_id, d.position limit 500 for update of d skip locked
            loop
                perform bury(<k>, v_row.subscription_id, v_row.priority, array[v_row.position],
                             case when v_row.answered then 'MAX_ATTEMPTS' else 'LEASE_EXPIRED' end, null,
                             case when v_row.answered
                                  then format('max_attempts was lowered to %s after the last failure', v_row.max_attempts)
                                  else 'Lease ended without an answer: the consumer died or took too long' end,
                             null, v_now, true);
                v_count := v_count + 1;
            end loop;
        end if;
    /*end*/
    return v_count;
exception
    when lock_not_available or deadlock_detected then
        return 0;
end
$$;
$script$);
