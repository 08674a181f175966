// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueBuilder;

/** A bean of this type changes the auto-configured {@link PgQueue}, after the properties were applied. */
@FunctionalInterface
public interface PgQueueCustomizer {

    void customize(PgQueueBuilder builder);
}
