// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.jms.PgJmsConnectionFactory;

/** A bean of this type changes the auto-configured {@link PgJmsConnectionFactory}, after the properties were applied. */
@FunctionalInterface
public interface PgJmsConnectionFactoryCustomizer {

    void customize(PgJmsConnectionFactory factory);
}
