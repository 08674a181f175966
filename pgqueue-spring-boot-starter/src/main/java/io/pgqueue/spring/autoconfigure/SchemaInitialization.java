// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

/** What is done about the schema when the application starts. */
public enum SchemaInitialization {

    /** Installs or upgrades it when needed; the database user needs the right to. */
    ALWAYS,

    /** Only checks that it is the one this release needs, and refuses to start otherwise. */
    VALIDATE,

    /** Does nothing, and asks the database nothing. */
    NEVER
}
