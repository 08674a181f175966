// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;

/**
 * Sockets that count how often something was sent and then waited for: round trips, whatever JDBC calls they came from. The
 * driver makes it by its name; its argument is the name of the count. Thread-safe.
 */
public final class RoundTripSockets extends SocketFactory {

    private static final Map<String, AtomicInteger> COUNTS = new ConcurrentHashMap<>();

    private final AtomicInteger count;

    public RoundTripSockets(String name) {
        this.count = count(name);
    }

    static AtomicInteger count(String name) {
        return COUNTS.computeIfAbsent(name, missing -> new AtomicInteger());
    }

    @Override
    public Socket createSocket() {
        return new CountingSocket(count);
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException();
    }

    private static final class CountingSocket extends Socket {

        private final AtomicInteger count;
        private final AtomicBoolean sent = new AtomicBoolean();

        CountingSocket(AtomicInteger count) {
            this.count = count;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    if (sent.getAndSet(false)) {
                        count.incrementAndGet();
                    }
                    return super.read(bytes, offset, length);
                }
            };
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    sent.set(true);
                    out.write(bytes, offset, length);
                }
            };
        }
    }
}
