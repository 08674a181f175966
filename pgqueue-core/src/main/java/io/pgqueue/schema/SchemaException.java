// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import io.pgqueue.PgQueueException;

/** The database or its schema is not one that this release can work with; the message says what to do. */
public final class SchemaException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    public SchemaException(String message) {
        super(message);
    }

    public SchemaException(String message, Throwable cause) {
        super(message, cause);
    }
}
