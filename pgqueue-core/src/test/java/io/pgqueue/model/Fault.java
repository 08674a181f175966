// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Mistakes that somebody could make in the SQL functions: a regular expression over the text of a function, and what to
 * put in its place. An expression that matches nothing is an error, so that a fault cannot rot when a function changes.
 */
enum Fault {
    ACK_WITHOUT_EPOCH(in("ack", " and epoch = p_epoch", "")),
    ACK_OF_MANY_WITHOUT_EPOCH(in("ack", "and d\\.epoch = p_epochs\\[[^]]*\\]", "")),
    RECEIVE_DOES_NOT_COUNT_ATTEMPTS(in("receive", "attempts = d\\.attempts \\+ 1", "attempts = d.attempts")),
    RECEIVE_IGNORES_LEASES(
            in("receive", "and d\\.lease_until <= v_now", ""), in("heads", "and d\\.lease_until <= p_now", "")),
    RECEIVE_DELIVERS_WHAT_HAS_EXPIRED(in("receive", "m\\.expires_at > v_now or m\\.expires_at is null", "true")),
    ROTATION_TRUNCATES_A_LIVE_SLOT(
            in("slot_is_drained", "return not exists", "return true or not exists"),
            in("reclaim", "if exists", "if false and exists")),
    CARRY_OVER_FORGETS_ATTEMPTS(in("carry_over", "g\\.epoch, g\\.attempts", "g.epoch, 0")),
    NACK_LOSES_THE_PRIORITY(in("put_off", "m\\.priority", "4::smallint")),
    NACK_AT_ONCE_KEEPS_THE_EPOCH(in("nack", "epoch = d\\.epoch \\+ 1, failures", "epoch = d.epoch, failures")),
    RETRY_LOSES_THE_TURN_OF_ITS_GROUP(in("put_off", "g\\.group_key is not null", "false")),
    RELEASE_KEEPS_THE_EPOCH(in("release", "epoch = d\\.epoch \\+ 1", "epoch = d.epoch")),
    REDRIVE_RESETS_THE_EPOCH(in("redrive", "g\\.epoch \\+ 1 as epoch", "0 as epoch")),
    REDRIVE_LEAVES_THE_DEAD_LETTER(in(
            "redrive",
            "delete from dead_letter d where([^)]*\\)) returning",
            "update dead_letter d set replays = d.replays where$1 returning")),
    PROMOTION_DROPS_A_ROW(
            in("promote_due", "(from due d cross join ring r)(\\s+returning)", "$1 where d.position % 5 <> 0$2")),
    PROMOTION_BEFORE_THE_TIME(in("promote_due", "s\\.due_at <= p_now", "true")),
    FAN_OUT_SKIPS_A_SUBSCRIPTION(in(
            "publish_messages",
            "(insert into delivery [^;]*from )unnest\\(p_subscriptions\\)",
            "$1unnest(p_subscriptions[1:1])")),
    GROUP_ORDER_IS_IGNORED(in("admit_heads", "d\\.position limit 1\\) h", "d.position desc limit 1) h")),
    GROUP_GETS_TWO_TURNS(in("admit_heads", "t\\.group_key not in \\([^)]*\\)", "true")),
    SWEEP_BURIES_WHAT_IS_LEASED(in("bury_crash_loops", "and d\\.lease_until <= v_now", "")),
    BURY_KEEPS_THE_DELIVERY(in("bury", "delete from (delivery_\\d+) d", "update $1 d set lease_until = '-infinity'")),
    CANCEL_SPARES_WHAT_IS_LEASED(in(
            "remove_delivery",
            "and d\\.position = p_place\\.position",
            "and d.position = p_place.position and d.lease_until <= clock_timestamp()")),
    PAUSE_IS_IGNORED(in("receive", "if v_paused then", "if false then")),
    PURGE_TAKES_WHAT_IS_LEASED(in("purge_slot", "and o\\.lease_until <= p_leased", "")),
    PURGE_SPARES_WHAT_IS_DELAYED(in("purge", "where o\\.subscription_id = p_subscription", "where false")),
    RESCHEDULE_FORGETS_ATTEMPTS(in("move_to_time", "g\\.epoch \\+ 1, g\\.attempts", "g.epoch + 1, 0")),
    POP_ACKS_NOTHING(in("pop", "r\\.message_id is null or ack\\([^)]*\\)", "true")),
    A_KEY_IS_ALWAYS_FREE(in("claim_dedup_keys", "elsif p_keys\\[i\\] = any \\(v_taken\\)", "elsif true")),
    REPLACING_KEEPS_THE_OLD(in("settle_replace_key", "perform remove_delivery\\(v_old\\);", "")),
    REPLACING_TAKES_WHAT_IS_LEASED(in(
            "settle_replace_key",
            "v_held\\.lease_until is null or v_held\\.lease_until > v_now",
            "v_held.lease_until is null")),
    ONE_TOO_MANY_IS_TAKEN(in("make_room", "excess\\(v_sub, 1\\) > 0", "excess(v_sub, 1) > 1")),
    REWIND_DOUBLES_WHAT_IS_THERE(
            in("replay", "and not exists \\(select from there x where x\\.message_id = h\\.message_id\\)", "")),
    HISTORY_FORGETS(in(
            "publish_message",
            "if v_retain_ms is not null then\\s+insert into history",
            "if v_slot < 0 then insert into history")),
    RECEIVE_IGNORES_RETENTION(in(
            "receive",
            "coalesce\\(m\\.ready_at, m\\.sent_at\\) \\+ v_retention > v_now or v_retention is null",
            "true")),

    /** Races, which one thread cannot meet. */
    TURNS_ARE_GIVEN_BY_SEVERAL_AT_ONCE(true, in("lock_turns", "perform pg_advisory_xact_lock", "perform concat")),
    AN_ACK_NEEDS_NO_EPOCH(
            true, in("ack", " and epoch = p_epoch", ""), in("ack", "and d\\.epoch = p_epochs\\[[^]]*\\]", "")),
    PROMOTION_FAILS_WHEN_SOMEBODY_ELSE_PROMOTES(true, in("promote_due", "on conflict do nothing", "")),
    A_SAMPLE_LOSES_WHAT_IS_COUNTED_MEANWHILE(
            true,
            in("write_sample", "lock table sample, tally in access exclusive mode;", ""),
            in("write_sample", "truncate sample, tally;", "perform pg_sleep(0.01); truncate sample, tally;"));

    private record Change(String function, Pattern text, String replacement) {}

    private final boolean race;
    private final List<Change> changes;

    Fault(Change... changes) {
        this(false, changes);
    }

    Fault(boolean race, Change... changes) {
        this.race = race;
        this.changes = List.of(changes);
    }

    static Stream<Fault> ofOneThread() {
        return Arrays.stream(values()).filter(f -> !f.race);
    }

    static Stream<Fault> races() {
        return Arrays.stream(values()).filter(f -> f.race);
    }

    private static Change in(String function, String text, String replacement) {
        return new Change(function, Pattern.compile(text), replacement);
    }

    /** Plants the fault; returns the definitions that {@link #heal} puts back. */
    List<String> plant(Sql sql) throws SQLException {
        List<String> originals = new ArrayList<>();
        // Functions that do not pin it are checked by the one of the session.
        sql.run("set search_path = pgqueue");
        for (Change change : changes) {
            int planted = 0;
            for (Object definition : sql.column(
                    "select pg_get_functiondef(p.oid) from pg_proc p where p.proname = ? and p.prokind = 'f' "
                            + "and p.pronamespace = 'pgqueue'::regnamespace",
                    change.function)) {
                Matcher matcher = change.text.matcher((String) definition);
                if (matcher.find()) {
                    originals.add((String) definition);
                    execute(sql, matcher.replaceAll(change.replacement));
                    planted++;
                }
            }
            assertThat(planted)
                    .as("functions %s in which %s finds %s", change.function, this, change.text)
                    .isPositive();
        }
        return originals;
    }

    static void heal(Sql sql, List<String> originals) throws SQLException {
        for (String original : originals) {
            execute(sql, original);
        }
    }

    private static void execute(Sql sql, String definition) throws SQLException {
        try (var statement = sql.connection().createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(definition);
        }
    }
}
