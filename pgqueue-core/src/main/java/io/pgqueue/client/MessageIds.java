// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ids of version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then version, variant and random bits. Random
 * bytes are drawn in blocks, because drawing them for each id costs a bulk publish more than the rest of its Java.
 */
public final class MessageIds {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final ByteBuffer BLOCK = ByteBuffer.allocate(4096).limit(0);

    private MessageIds() {}

    /** A new one; its first 48 bits are the time of this call, see {@link #millis}. */
    public static UUID next() {
        long first;
        long second;
        LOCK.lock();
        try {
            if (BLOCK.remaining() < 2 * Long.BYTES) {
                RANDOM.nextBytes(BLOCK.array());
                BLOCK.clear();
            }
            first = BLOCK.getLong();
            second = BLOCK.getLong();
        } finally {
            LOCK.unlock();
        }
        long high = System.currentTimeMillis() << 16 | 0x7000 | first & 0xFFF;
        long low = 0x8000_0000_0000_0000L | second >>> 2;
        return new UUID(high, low);
    }

    /** The Unix milliseconds in an id of version 7. */
    public static long millis(UUID id) {
        return id.getMostSignificantBits() >>> 16;
    }
}
