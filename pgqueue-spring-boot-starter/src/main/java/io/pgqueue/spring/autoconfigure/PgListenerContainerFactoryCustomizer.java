// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.spring.listener.PgListenerContainerFactory;

/** A bean of this type changes the auto-configured container factory, after the properties were applied. */
@FunctionalInterface
public interface PgListenerContainerFactoryCustomizer {

    void customize(PgListenerContainerFactory.Builder builder);
}
