// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.jdbc.Transactions.NoConnectionException;
import io.pgqueue.jdbc.Transactions.Outcome;
import io.pgqueue.store.SqlErrors;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Acks and sends in one transaction: the caller's, or a short one of its own. */
final class Exchange {

    private final Transactions transactions;
    private final Publisher publisher;
    private final Settlement settlement;

    Exchange(Transactions transactions, Publisher publisher, Settlement settlement) {
        this.transactions = transactions;
        this.publisher = publisher;
        this.settlement = settlement;
    }

    List<PublishResult> run(Collection<Delivery> deliveries, List<AddressedMessage> messages) {
        return run(deliveries, messages, publisher::publish);
    }

    /** Sends only, and does not wait for the disk where that could lose nothing else. */
    List<PublishResult> publishUnflushed(List<AddressedMessage> messages) {
        boolean unflushed = publisher.mayStayUnflushed(
                messages.stream().map(AddressedMessage::message).toList());
        return run(List.of(), messages, unflushed ? publisher::publishUnflushed : publisher::publish);
    }

    private List<PublishResult> run(
            Collection<Delivery> deliveries, List<AddressedMessage> messages, Publishing publishing) {
        List<AddressedMessage> known = messages.stream().map(Exchange::withId).toList();
        Outcome<List<PublishResult>> outcome;
        try {
            outcome = transactions.joinOrTransaction(connection -> {
                ack(connection, deliveries);
                return publish(connection, known, publishing);
            });
        } catch (NoConnectionException e) {
            throw SqlErrors.translate(e);
        } catch (SQLException e) {
            // Failures of the statements are translated already, so this one is the commit's.
            throw SqlErrors.isConnectionLost(e.getSQLState())
                    ? new OutcomeUnknownException(ids(known), e)
                    : SqlErrors.translate(e);
        }
        if (outcome.commitWarning() != null) {
            throw new OutcomeUnknownException(ids(known), outcome.commitWarning());
        }
        Set<String> destinations = new LinkedHashSet<>();
        known.forEach(m -> destinations.add(m.destination()));
        Runnable tell = () -> {
            settlement.acked(deliveries);
            destinations.forEach(publisher::wake);
        };
        if (outcome.joined()) {
            transactions.afterCommit(tell);
        } else {
            tell.run();
        }
        return outcome.value();
    }

    private static List<UUID> ids(List<AddressedMessage> messages) {
        return messages.stream().map(m -> m.message().messageId()).toList();
    }

    private void ack(Connection connection, Collection<Delivery> deliveries) {
        if (!deliveries.isEmpty()) {
            List<Delivery> stale = settlement.ackUntold(connection, deliveries);
            if (!stale.isEmpty()) {
                throw new StaleDeliveryException(stale);
            }
        }
    }

    /** One call for each run of messages to the same destination: positions are in the order of the messages. */
    private static List<PublishResult> publish(
            Connection connection, List<AddressedMessage> messages, Publishing publishing) {
        List<PublishResult> results = new ArrayList<>(messages.size());
        int from = 0;
        for (int to = 1; to <= messages.size(); to++) {
            String destination = messages.get(from).destination();
            if (to == messages.size() || !messages.get(to).destination().equals(destination)) {
                List<OutgoingMessage> run = messages.subList(from, to).stream()
                        .map(AddressedMessage::message)
                        .toList();
                results.addAll(publishing.publish(connection, destination, run));
                from = to;
            }
        }
        return results;
    }

    /** Known before the commit, whose outcome may stay unknown. */
    private static AddressedMessage withId(AddressedMessage addressed) {
        OutgoingMessage message = addressed.message();
        return message.messageId() != null
                ? addressed
                : new AddressedMessage(
                        addressed.destination(),
                        message.toBuilder().messageId(MessageIds.next()).build());
    }

    private interface Publishing {
        List<PublishResult> publish(Connection connection, String destination, List<OutgoingMessage> messages);
    }
}
