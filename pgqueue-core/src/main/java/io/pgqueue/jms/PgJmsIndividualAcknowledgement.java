// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import java.util.List;

/** INDIVIDUAL_ACKNOWLEDGE, beyond the specification: {@code acknowledge()} acknowledges that message alone. */
final class PgJmsIndividualAcknowledgement extends PgJmsClientAcknowledgement {

    PgJmsIndividualAcknowledgement(PgJmsDesk desk) {
        super(PgJmsConnectionFactory.INDIVIDUAL_ACKNOWLEDGE, desk);
    }

    @Override
    void acknowledge(PgJmsHeld held) throws JMSException {
        acknowledge(List.of(held));
    }
}
