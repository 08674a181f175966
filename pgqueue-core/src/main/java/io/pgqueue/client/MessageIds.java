// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import java.security.SecureRandom;
import java.util.UUID;

/** Ids of version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then version, variant and random bits. */
final class MessageIds {

    private static final SecureRandom RANDOM = new SecureRandom();

    private MessageIds() {}

    static UUID next() {
        long high = System.currentTimeMillis() << 16 | 0x7000 | RANDOM.nextInt(0x1000);
        long low = 0x8000_0000_0000_0000L | RANDOM.nextLong() >>> 2;
        return new UUID(high, low);
    }
}
