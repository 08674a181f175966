// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Mistakes that somebody could make in the SQL functions: a regular expression over the text of a function, and what to
 * put in its place. An expression that matches nothing is an error, so that a fault cannot rot when a function changes.
 *
 * <p>What must hold, who checks it, and a fault that shows that it is checked (walks: {@link ModelIT}; storms: {@link
 * StormIT}; directed: {@link Directed}):
 *
 * <table>
 * <caption>invariants</caption>
 * <tr><th>invariant</th><th>checked by</th><th>faults</th></tr>
 * <tr><td>I1 nothing is lost</td><td>walks, storms, directed</td>
 *     <td>PROMOTION_DROPS_A_ROW, ROTATION_TRUNCATES_A_LIVE_SLOT, RECLAIM_DOES_NOT_LOOK_AGAIN, DISCOVERY_FOLLOWS_THE_MASK,
 *     POLLING_FINDS_NOTHING</td></tr>
 * <tr><td>I2 nothing appears that was not sent, nor too early</td><td>walks, storms</td>
 *     <td>PROMOTION_BEFORE_THE_TIME, REDRIVE_LEAVES_THE_DEAD_LETTER, A_KEY_IS_ALWAYS_FREE</td></tr>
 * <tr><td>I3 a copy exactly where the filter matched</td><td>walks</td>
 *     <td>FAN_OUT_SKIPS_A_SUBSCRIPTION, A_MISSING_PROPERTY_MEETS_A_FILTER</td></tr>
 * <tr><td>I4 effects in the ack's transaction happen once</td><td>storms</td><td>AN_ACK_NEEDS_NO_EPOCH</td></tr>
 * <tr><td>I5 no duplicate without a cause</td><td>walks, directed</td><td>RECEIVE_IGNORES_LEASES, POP_ACKS_NOTHING,
 *     WHAT_IS_SENT_AGAIN_IS_NEW, A_MESSAGE_IS_STORED_UNDER_ANOTHER_ID</td></tr>
 * <tr><td>I6 one live lease, an old epoch settles nothing</td><td>walks, directed</td>
 *     <td>ACK_WITHOUT_EPOCH, NACK_WITHOUT_EPOCH, RELEASE_KEEPS_THE_EPOCH, CARRY_OVER_FORGETS_THE_EPOCH, A_LEASE_COUNTS_FROM_THE_TRANSACTION</td></tr>
 * <tr><td>I7 order in a group</td><td>walks, storms</td>
 *     <td>GROUP_ORDER_IS_IGNORED, GROUP_GETS_TWO_TURNS, TURNS_ARE_GIVEN_BY_SEVERAL_AT_ONCE</td></tr>
 * <tr><td>I8 dead after exactly so many attempts, redriven once</td><td>walks</td>
 *     <td>RECEIVE_COUNTS_FAILED_ATTEMPTS_ONLY, BURY_KEEPS_THE_DELIVERY, REDRIVE_RESETS_THE_EPOCH</td></tr>
 * <tr><td>I9 attempts are deliveries</td><td>walks</td>
 *     <td>RECEIVE_DOES_NOT_COUNT_ATTEMPTS, CARRY_OVER_FORGETS_ATTEMPTS</td></tr>
 * <tr><td>I10 never early, not much late</td><td>walks</td><td>PROMOTION_BEFORE_THE_TIME, WHAT_IS_DUE_STAYS_AWAY</td></tr>
 * <tr><td>I11 nobody starves</td><td>walks</td><td>ONE_PRIORITY_STARVES, THE_FLOOR_IS_THE_TRUTH</td></tr>
 * <tr><td>I12 totals agree</td><td>storms, directed</td>
 *     <td>AN_END_IS_NOT_COUNTED, A_SAMPLE_LOSES_WHAT_IS_COUNTED_MEANWHILE</td></tr>
 * </table>
 *
 * <p>Of the mistakes that reliability is measured by, two that Java code makes are planted where it asks the database: wake-ups
 * without polling (M3, POLLING_FINDS_NOTHING) and a message sent again under a new id (M10, WHAT_IS_SENT_AGAIN_IS_NEW,
 * A_MESSAGE_IS_STORED_UNDER_ANOTHER_ID). An ack before the handler's commit (M2) is not: no function can commit before its caller.
 * {@code AckWithHandlerIT} makes that mistake beside the right way and sees the message lost, and
 * {@code TransactionListenerIT} of the starter fails when the container acks outside of the handler's transaction.
 */
public enum Fault {
    ACK_WITHOUT_EPOCH(in("ack", " and epoch = p_epoch", "")),
    ACK_OF_MANY_WITHOUT_EPOCH(withoutEpoch("ack")),
    NACK_WITHOUT_EPOCH(withoutEpoch("nack")),
    SNOOZE_WITHOUT_EPOCH(withoutEpoch("snooze")),
    RELEASE_WITHOUT_EPOCH(withoutEpoch("release")),
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
    RECEIVE_IGNORES_RETENTION(
            in("receive", "v_retention is null\\s+or coalesce\\(.*?, m\\.sent_at\\) \\+ v_retention > v_now", "true")),

    RECEIVE_COUNTS_FAILED_ATTEMPTS_ONLY(in("receive", "attempts = d\\.attempts \\+ 1", "attempts = d.failures + 1")),
    CARRY_OVER_FORGETS_THE_EPOCH(in("carry_over", "g\\.subscription_id, g\\.epoch", "g.subscription_id, 0")),
    A_MISSING_PROPERTY_MEETS_A_FILTER(
            missingPasses("publish_message", "p_properties", "c"),
            missingPasses("publish_messages", "i.properties", "s")),
    THE_FLOOR_IS_THE_TRUTH(
            in("slots_in_use", "(v_found, 10\\) \\+ 1\\]) := 0", "$1 := pg_sequence_last_value('ring_position')")),
    ONE_PRIORITY_STARVES(
            in("receive", "continue when v_from is null", "continue when v_from is null or v_priority = 4")),
    WHAT_IS_DUE_STAYS_AWAY(in("promote_due", "s\\.due_at <= p_now", "s.due_at <= p_now - interval '1 day'")),

    /** Mistakes that walks cannot meet in time: each has a check of its own. */
    DISCOVERY_FOLLOWS_THE_MASK(
            Directed::findsWhatIsInARetiredSlot,
            in(
                    "slots_in_use",
                    "for s in 0 \\.\\. 15 loop",
                    "for s in 0 .. 15 loop continue when not s = any (live_slots());")),
    A_LEASE_COUNTS_FROM_THE_TRANSACTION(
            Directed::leasesAreMadeByTheClock,
            in("receive", "timestamptz := clock_timestamp\\(\\)", "timestamptz := now()")),
    RECLAIM_DOES_NOT_LOOK_AGAIN(
            Directed::aLatePublishIsNotTruncated, in("reclaim", "if exists", "if false and exists")),
    AN_END_IS_NOT_COUNTED(
            Directed::totalsAreWhatWasPublished,
            in("count_ends", "p_expired \\+ p_discarded \\+ p_moved > 0", "p_expired + p_moved > 0")),
    POLLING_FINDS_NOTHING(
            Directed::pollingFindsWhatNobodyTold,
            in("ready", "unnest\\(p_subscriptions\\) s", "unnest(p_subscriptions[1:0]) s")),
    WHAT_IS_SENT_AGAIN_IS_NEW(
            Directed::aMessageSentAgainIsTheSame,
            in(
                    "publish_keyed",
                    "claim_dedup_keys\\(p_destination, p_dedup_keys,",
                    "claim_dedup_keys(p_destination, array(select k || gen_random_uuid() from unnest(p_dedup_keys) k),")),
    A_MESSAGE_IS_STORED_UNDER_ANOTHER_ID(
            Directed::aMessageSentAgainIsTheSame,
            in(
                    "publish_keyed",
                    "p_destination, pick\\(p_message_ids, v_indexes\\)",
                    "p_destination, array(select gen_random_uuid() from unnest(v_indexes))")),

    /** Races, which one thread cannot meet. */
    TURNS_ARE_GIVEN_BY_SEVERAL_AT_ONCE(true, in("lock_turns", "perform pg_advisory_xact_lock", "perform concat")),
    AN_ACK_NEEDS_NO_EPOCH(true, in("ack", " and epoch = p_epoch", ""), withoutEpoch("ack")),
    PROMOTION_FAILS_WHEN_SOMEBODY_ELSE_PROMOTES(true, in("promote_due", "on conflict do nothing", "")),
    A_SAMPLE_LOSES_WHAT_IS_COUNTED_MEANWHILE(
            true,
            in("write_sample", "lock table sample, tally in access exclusive mode;", ""),
            in("write_sample", "truncate sample, tally;", "perform pg_sleep(0.01); truncate sample, tally;"));

    private record Change(String function, Pattern text, String replacement) {}

    private final boolean race;
    private final @Nullable Check check;
    private final List<Change> changes;

    Fault(Change... changes) {
        this(false, null, changes);
    }

    Fault(boolean race, Change... changes) {
        this(race, null, changes);
    }

    Fault(Check check, Change... changes) {
        this(false, check, changes);
    }

    Fault(boolean race, @Nullable Check check, Change... changes) {
        this.race = race;
        this.check = check;
        this.changes = List.of(changes);
    }

    /** Finds one fault, and nothing without it. */
    interface Check {
        /** @throws AssertionError if the rule is broken */
        void run(DataSource dataSource) throws Exception;
    }

    Check check() {
        return Objects.requireNonNull(check);
    }

    static Stream<Fault> ofOneThread() {
        return Arrays.stream(values()).filter(f -> !f.race && f.check == null);
    }

    static Stream<Fault> directed() {
        return Arrays.stream(values()).filter(f -> f.check != null);
    }

    static Stream<Fault> races() {
        return Arrays.stream(values()).filter(f -> f.race);
    }

    private static Change missingPasses(String function, String properties, String subscription) {
        return in(
                function,
                "coalesce\\((jsonb_path_match\\(coalesce\\(" + properties.replace(".", "\\.") + ", '\\{\\}'\\), "
                        + subscription + "\\.filter)",
                "coalesce(" + properties + " ->> 'color' is null or $1");
    }

    /** Of those that settle many. */
    private static Change withoutEpoch(String function) {
        return in(function, "and d\\.epoch = coalesce\\(v_epoch", "and d.epoch = coalesce(d.epoch");
    }

    private static Change in(String function, String text, String replacement) {
        return new Change(function, Pattern.compile(text), replacement);
    }

    /** Plants the fault; returns the definitions that {@link #heal} puts back. */
    public List<String> plant(Sql sql) throws SQLException {
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

    public static void heal(Sql sql, List<String> originals) throws SQLException {
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
