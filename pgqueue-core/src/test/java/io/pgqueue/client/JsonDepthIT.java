// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.Repair;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** LIM-5: what says it is JSON nests at most 64 levels, whoever sends it. */
class JsonDepthIT extends OneClient {

    private static final String JSON = "application/json";
    /** A body, and after how many bytes level 65 opens; -1 for nowhere. */
    enum Body {
        LISTS(open("[", 64) + "1" + open("]", 64), -1),
        LISTS_TOO_DEEP(open("[", 65) + "1" + open("]", 65), 64),
        OBJECTS(open("{\"a\":", 64) + "null" + open("}", 64), -1),
        OBJECTS_TOO_DEEP(open("{\"a\":", 65) + "null" + open("}", 65), 320),
        BOTH_TOO_DEEP(open("[{\"a\":", 32) + "[]" + open("}]", 32), 192),
        MANY_BESIDE_EACH_OTHER("[" + open("{\"a\":[1,{}]},", 500) + "0]", -1),
        DEEP_AT_THE_END("[" + open("[],", 100) + open("[", 64) + open("]", 64) + "]", 364),
        IN_A_STRING("[\"" + open("[{", 100) + "\"]", -1),
        BEHIND_AN_ESCAPED_QUOTE("[\"\\\"" + open("[{", 100) + "\"]", -1),
        BEHIND_AN_ESCAPED_BACKSLASH("[\"\\\\\"," + open("[", 64) + open("]", 64) + "]", 69),
        OTHER_LETTERS("{\"grün €\":" + open("[", 64) + open("]", 64) + "}", 76),
        THE_SECOND_OF_ONE_KEY("{\"a\":" + open("[", 64) + open("]", 64) + ",\"a\":1}", 68),
        NO_JSON("so long { and } thanks [ for ] all the fish", -1),
        CLOSED_TOO_OFTEN(open("]}", 100) + open("[", 64), -1),
        NEVER_CLOSED(open("[", 64), -1),
        NEVER_CLOSED_AND_TOO_DEEP(open("[", 65), 64),
        A_STRING_THAT_DOES_NOT_END(open("[", 64) + "\"" + open("[", 10) + "\\", -1),
        DEEPER_THAN_THE_STACK_OF_THE_SERVER(open("[", 500_000), 64);

        private final String text;
        private final int place;

        Body(String text, int place) {
            this.text = text;
            this.place = place;
        }

        private static String open(String bracket, int times) {
            return bracket.repeat(times);
        }
    }

    @ParameterizedTest
    @EnumSource
    void javaAndSqlDecideAlike(Body body) throws SQLException {
        byte[] bytes = body.text.getBytes(StandardCharsets.UTF_8);
        String asText = "select pgqueue.publish(?, ?::text, content_type => '" + JSON + "')";
        String asBytes = "select pgqueue.publish(?, ?::bytea, content_type => '" + JSON + "')";
        if (body.place < 0) {
            queue.publish(name, OutgoingMessage.json(body.text).build());
            sql.run(asText, name, body.text);
            sql.run(asBytes, name, bytes);
        } else {
            String rule = "The body nests JSON deeper than 64 levels: level 65 opens after " + body.place + " bytes";
            assertThatThrownBy(() -> OutgoingMessage.json(body.text).build())
                    .isInstanceOf(MessageTooLargeException.class)
                    .hasMessageStartingWith(rule);
            refused(rule, asText, name, body.text);
            refused(rule, asBytes, name, bytes);
        }
        assertThat(queue.admin().stats(name).unfinished()).isEqualTo(body.place < 0 ? 3 : 0);
    }

    /** Whatever it is cast to before. */
    @ParameterizedTest
    @CsvSource({"json", "jsonb"})
    void soItIsForTheJsonOfTheDatabase(String type) throws SQLException {
        String call = "select pgqueue.publish(?, ?::" + type + ")";
        sql.run(call, name, Body.BOTH_TOO_DEEP.text.replace("[]", "0"));
        refused("The body nests JSON deeper than 64 levels", call, name, Body.BOTH_TOO_DEEP.text);
        sql.run(
                "select pgqueue.publish(?, ?::" + type + ", content_type => 'text/plain')",
                name,
                Body.LISTS_TOO_DEEP.text);
        assertThat(queue.admin().stats(name).unfinished()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "application/json,true",
        "application/json; charset=utf-8,true",
        " Application/JSON ;x=y,true",
        "application/vnd.shop.order+json,true",
        "model/gltf+JSON;v=2,true",
        "application/jsonp,false",
        "application/json-seq,false",
        "text/plain,false",
        "text/plain;of=application/json,false",
        "application/octet-stream,false",
    })
    void onlyWhatSaysItIsJsonIsLookedAt(String contentType, boolean refused) throws SQLException {
        OutgoingMessage.Builder message =
                OutgoingMessage.text(Body.LISTS_TOO_DEEP.text).contentType(contentType);
        String call = "select pgqueue.publish(?, ?::text, content_type => ?)";
        if (refused) {
            assertThatThrownBy(message::build).isInstanceOf(MessageTooLargeException.class);
            refused("The body nests JSON", call, name, Body.LISTS_TOO_DEEP.text, contentType);
        } else {
            queue.publish(name, message.build());
            sql.run(call, name, Body.LISTS_TOO_DEEP.text, contentType);
        }
    }

    /** FIL-10: what nobody can parse is no error, in whatever encoding it is. */
    @ParameterizedTest
    @CsvSource({"ISO-8859-1", "UTF-16", "UTF-8"})
    void bytesThatAreNoTextAreNoError(String charset) throws SQLException {
        byte[] bytes =
                ("{\"ä\":\"\\u0000" + "[".repeat(60) + "\0\"" + "}".repeat(80)).getBytes(Charset.forName(charset));
        queue.publish(name, OutgoingMessage.bytes(bytes).contentType(JSON).build());
        sql.run("select pgqueue.publish(?, ?::bytea, content_type => '" + JSON + "')", name, bytes);
        assertThat(queue.receiver(name).receive(10)).extracting(Delivery::body).containsExactly(bytes, bytes);
    }

    /** The other rules come first where both are broken. */
    @Test
    void whatIsTooLargeOrNowhereToGoIsRefusedForThat() throws SQLException {
        queue.admin().alterQueue(QueueSpec.of(name).withMaxBodyBytes(1024));
        refused(
                "The body has 1100 bytes",
                "select pgqueue.publish(?, ?::text, content_type => ?)",
                name,
                "[".repeat(1100),
                JSON);
        assertThatThrownBy(() ->
                        sql.run("select pgqueue.publish('nowhere', ?::text, content_type => ?)", "[".repeat(65), JSON))
                .isInstanceOfSatisfying(
                        PSQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("PQ006"));
    }

    /** What is built from a message is known to be good, unless it says what it is anew. */
    @Test
    void aNewContentTypeIsLookedAtAgain() {
        OutgoingMessage message = OutgoingMessage.text(Body.LISTS_TOO_DEEP.text).build();
        assertThat(message.toBuilder().priority(5).build().priority()).isEqualTo(5);
        assertThatThrownBy(() -> message.toBuilder().contentType(JSON).build())
                .isInstanceOf(MessageTooLargeException.class);
    }

    /** DLQ-13. */
    @Test
    void aRepairIsHeldToItToo() throws SQLException {
        queue.publish(name, OutgoingMessage.json("{").build());
        Delivery delivery = queue.receiver(name).receive(1).get(0);
        queue.deadLetter(delivery, "no JSON", Failure.of(new IllegalStateException("no JSON")));
        DeadLetters dead = queue.admin().deadLetters(name);
        DeadLetter letter = dead.list(1).get(0);
        byte[] deep = Body.LISTS_TOO_DEEP.text.getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> dead.repair(letter.messageId(), Repair.body(deep)))
                .isInstanceOf(MessageTooLargeException.class)
                .hasMessageContaining("level 65 opens after 64 bytes");
        assertThat(dead.list(10)).hasSize(1);
        assertThat(dead.changes(letter.messageId())).isEmpty();
        byte[] flat = Body.LISTS.text.getBytes(StandardCharsets.UTF_8);
        dead.repair(letter.messageId(), Repair.body(flat));
        assertThat(queue.receiver(name).receive(1).get(0).body()).isEqualTo(flat);
    }

    private void refused(String message, String call, Object... arguments) {
        PSQLException error = catchThrowableOfType(PSQLException.class, () -> sql.run(call, arguments));
        assertThat((Throwable) error).as(call).isNotNull();
        assertThat(error.getSQLState()).as(error.getMessage()).isEqualTo("PQ005");
        ServerErrorMessage told = error.getServerErrorMessage();
        assertThat(told).isNotNull();
        assertThat(told.getMessage()).startsWith(message);
        assertThat(told.getHint()).isNotBlank();
    }
}
