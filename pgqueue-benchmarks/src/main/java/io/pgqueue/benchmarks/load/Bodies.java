// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Message bodies of random bytes, which no layer can compress; the first eight tell when one was made. */
public final class Bodies {

    private static final int DIFFERENT = 256;

    private final byte[][] bodies;

    /** @param bytes length of each, at least 8 */
    public Bodies(int bytes) {
        // The same bytes in every run, so that runs can be compared.
        Random random = new Random(42);
        bodies = new byte[DIFFERENT][bytes];
        for (byte[] body : bodies) {
            random.nextBytes(body);
        }
    }

    /** So many, stamped with the time of this call. */
    public List<byte[]> next(long from, int count) {
        long now = System.nanoTime();
        List<byte[]> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            byte[] body = bodies[(int) ((from + i) % DIFFERENT)].clone();
            ByteBuffer.wrap(body).putLong(now);
            list.add(body);
        }
        return list;
    }

    /** {@link System#nanoTime} at which this JVM made the body. */
    public static long stamp(byte[] body) {
        return ByteBuffer.wrap(body).getLong();
    }
}
