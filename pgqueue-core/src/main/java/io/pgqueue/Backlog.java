// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** What becomes of the messages that wait in a subscription when its filter changes. What is leased stays in any case. */
public enum Backlog {

    /** They stay, whatever the new filter says. */
    KEEP,

    /** Those that do not meet the new filter are discarded. */
    REFILTER,

    /** All are discarded. */
    DROP
}
