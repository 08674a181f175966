// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

/** What happens at start when a listener's queue does not exist. */
public enum MissingDestination {

    /** The application does not start: a misspelt name is not waited at for ever. */
    FAIL,

    /** The queue is created with default settings. Topics and subscriptions are never created. */
    CREATE
}
