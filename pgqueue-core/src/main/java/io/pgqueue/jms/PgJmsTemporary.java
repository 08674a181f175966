// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.NotFoundException;
import io.pgqueue.client.Client;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/** Names of destinations, and the temporary ones a connection makes (Jakarta Messaging 3.1, section 6.2.2). */
final class PgJmsTemporary {

    private final PgJmsConnection connection;

    PgJmsTemporary(PgJmsConnection connection) {
        this.connection = connection;
    }

    /**
     * A destination by its name alone; whether it exists is found out when it is used (section 6.2.3).
     *
     * @throws InvalidDestinationException if the name is null or empty
     */
    PgJmsDestination named(boolean queue, @Nullable String name) throws JMSException {
        if (name == null || name.isEmpty()) {
            throw new InvalidDestinationException("The name of the destination is null or empty, must be given");
        }
        return queue ? new PgJmsQueue(name) : new PgJmsTopic(name);
    }

    PgJmsDestination create(boolean queue) throws JMSException {
        connection.use();
        String name = connection.link().call(() -> {
            Client client = connection.owner().client();
            return queue ? client.createTemporaryQueue() : client.createTemporaryTopic();
        });
        return queue ? new PgJmsTemporaryQueue(name, this::delete) : new PgJmsTemporaryTopic(name, this::delete);
    }

    /** @throws JMSException if it has a consumer; nothing happens if it is gone already */
    private void delete(PgJmsDestination destination) throws JMSException {
        connection.checkOpen();
        connection.destinations().forget(destination);
        connection.link().run(() -> {
            try {
                connection.owner().client().deleteTemporary(destination.name());
            } catch (NotFoundException gone) {
                // As its maker wanted.
            }
        });
    }
}
