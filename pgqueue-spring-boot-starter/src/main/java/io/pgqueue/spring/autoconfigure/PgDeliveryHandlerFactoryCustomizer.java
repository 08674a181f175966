// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.spring.listener.DeliveryHandlerFactory;

/**
 * A bean of this type changes how methods of listeners are called, for example by a further kind of parameter, after the
 * application's validator was set.
 */
@FunctionalInterface
public interface PgDeliveryHandlerFactoryCustomizer {

    void customize(DeliveryHandlerFactory.Builder builder);
}
