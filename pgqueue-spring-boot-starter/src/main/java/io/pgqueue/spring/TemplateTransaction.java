// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

/** What {@link PgTemplate} does about the caller's transaction. */
public enum TemplateTransaction {

    /**
     * Joins it; without one, sends in a transaction of its own. A transaction of another manager or DataSource is an error,
     * because the message would stay when that rolls back.
     */
    SUPPORTS,

    /** Joins it, and refuses to send without one. */
    MANDATORY,

    /** Sends in a transaction of its own, whatever becomes of the caller's. */
    REQUIRES_NEW
}
