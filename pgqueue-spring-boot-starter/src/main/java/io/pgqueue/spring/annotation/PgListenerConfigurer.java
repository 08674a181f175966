// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

/**
 * A bean of this type registers listeners that no annotation names, for example one for each queue of a configuration.
 * Called once, when all singletons are there and before listeners start.
 */
@FunctionalInterface
public interface PgListenerConfigurer {

    void configurePgListeners(PgListenerRegistrar registrar);
}
