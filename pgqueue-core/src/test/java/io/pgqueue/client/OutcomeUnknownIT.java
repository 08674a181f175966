// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.UnavailableException;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * PUB-12: done, failed or unknown. Triggers that run during the commit say what a server says that could not replicate, or
 * end the connection there.
 */
class OutcomeUnknownIT extends OneClient {

    private static final int TWO_STATEMENTS = 1001;

    @AfterEach
    void behaveAgain() throws SQLException {
        sql.run("drop function if exists misbehave cascade");
    }

    @Test
    void aWarningOfTheCommitMakesTheOutcomeUnknownForOneMessageAndForMany() throws SQLException {
        atCommit("raise warning 'not replicated'");
        assertUnknown(() -> queue.publish(name, message(0)), 1);
        assertUnknown(() -> queue.publish(name, messages(2)), 2);
        assertUnknown(() -> queue.publish(name, messages(TWO_STATEMENTS)), TWO_STATEMENTS);
        assertUnknown(() -> queue.ackAndPublish(List.of(), List.of(new AddressedMessage(name, message(0)))), 1);
        assertThat(queue.admin().stats(null, name).ready())
                .as("all were stored")
                .isEqualTo(2 * 2 + TWO_STATEMENTS);
    }

    @Test
    void aConnectionLostDuringTheCommitMakesTheOutcomeUnknown() throws SQLException {
        atCommit("perform pg_terminate_backend(pg_backend_pid())");
        assertUnknown(() -> queue.publish(name, message(0)), 1);
        assertUnknown(() -> queue.publish(name, messages(2)), 2);
        assertUnknown(() -> queue.publish(name, messages(TWO_STATEMENTS)), TWO_STATEMENTS);
        assertUnknown(() -> queue.ackAndPublish(List.of(), List.of(new AddressedMessage(name, message(0)))), 1);
        assertThat(queue.admin().stats(null, name).ready())
                .as("none was stored")
                .isZero();
    }

    /** Nothing can have been committed: that is known. */
    @Test
    void aConnectionLostBeforeTheCommitIsAFailure() throws SQLException {
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue joining = PgQueue.builder(source).maintenance(false).build()) {
            sql.run("create function misbehave() returns trigger language plpgsql as "
                    + "'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'");
            sql.run("create trigger misbehave after insert on pgqueue.message for each statement "
                    + "execute function misbehave()");
            assertThatThrownBy(() -> queue.publish(name, messages(TWO_STATEMENTS)))
                    .isInstanceOf(UnavailableException.class);
            source.begin();
            assertThatThrownBy(() -> joining.publish(name, message(0))).isInstanceOf(UnavailableException.class);
            assertThatThrownBy(source::rollback).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void withADeduplicationKeySendingAgainIsSafe() throws SQLException {
        atCommit("raise warning 'not replicated'");
        OutgoingMessage message =
                OutgoingMessage.text("pay").dedupKey("payment-1").build();
        assertUnknown(() -> queue.publish(name, message), 1);
        sql.run("drop function misbehave cascade");
        PublishResult again = queue.publish(name, message);
        assertThat(again.duplicate()).isTrue();
        assertThat(queue.admin().stats(null, name).ready()).isEqualTo(1);
    }

    private void atCommit(String statement) throws SQLException {
        sql.run("create function misbehave() returns trigger language plpgsql as 'begin " + statement.replace("'", "''")
                + "; return null; end'");
        sql.run("create constraint trigger misbehave after insert on pgqueue.delivery_" + sql.currentSlot()
                + " deferrable initially deferred for each row when (new.subscription_id = " + sql.subscription(name)
                + ") execute function misbehave()");
    }

    private static void assertUnknown(ThrowingCallable publish, int messages) {
        assertThatThrownBy(publish)
                .isInstanceOfSatisfying(
                        OutcomeUnknownException.class,
                        e -> assertThat(e.messageIds()).hasSize(messages).doesNotHaveDuplicates());
    }

    private static List<OutgoingMessage> messages(int count) {
        return IntStream.range(0, count).mapToObj(OutcomeUnknownIT::message).toList();
    }

    private static OutgoingMessage message(int number) {
        return OutgoingMessage.text("m" + number).build();
    }
}
