// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import jakarta.jms.MessageFormatException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamConstants;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Streams made to do harm where they are read: to load or make what is not allowed, to take memory or time without end, or to
 * throw what nobody expects. Each of them is a MessageFormatException and nothing else.
 */
@NullUnmarked
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PgJmsHostileStreamsTest {

    private static final int MIB = 1024 * 1024;

    /** An array of a class that was described before, with one element. */
    private static final byte[] ONE_ELEMENT = {0x75, 0x71, 0, 0x7E, 0, 0, 0, 0, 0, 1};

    private static final byte[] ONE = {0, 0, 0, 1};

    private static final PgJmsSerialization COLLECTIONS = allowing(
            Object.class,
            ArrayList.class,
            ArrayDeque.class,
            HashMap.class,
            HashSet.class,
            TreeMap.class,
            Integer.class);

    static class Allowed implements Serializable {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial") // Anything may be in it, that is what it is for.
        Object anything;
    }

    static class Forbidden implements Serializable {
        private static final long serialVersionUID = 1L;
        static int made;

        private void readObject(java.io.ObjectInputStream in) {
            made++;
        }

        private Object readResolve() {
            made++;
            return "resolved";
        }
    }

    static class ForbiddenBase implements Serializable {
        private static final long serialVersionUID = 1L;
    }

    static class AllowedWithForbiddenBase extends ForbiddenBase {
        private static final long serialVersionUID = 1L;
    }

    private static PgJmsSerialization allowing(Class<?>... classes) {
        return new PgJmsSerialization(
                Set.copyOf(Arrays.stream(classes).map(Class::getName).toList()));
    }

    private static byte[] serialized(Object object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }

    private static void assertRefused(PgJmsSerialization serialization, byte[] stream) {
        assertThatThrownBy(() -> serialization.read(stream)).isExactlyInstanceOf(MessageFormatException.class);
    }

    @Test
    void aForbiddenClassIsFoundWhereverItHides() throws Exception {
        PgJmsSerialization serialization =
                allowing(Allowed.class, AllowedWithForbiddenBase.class, ArrayList.class, HashMap.class, TreeMap.class);
        Forbidden.made = 0;
        Allowed field = new Allowed();
        field.anything = new Forbidden();
        Allowed array = new Allowed();
        array.anything = new Forbidden[0];
        Allowed nested = new Allowed();
        nested.anything = new Forbidden[0][][];
        Allowed literal = new Allowed();
        literal.anything = Forbidden.class;
        for (Object hiding : List.of(
                new Forbidden(),
                new Forbidden[1],
                field,
                array,
                nested,
                literal,
                new AllowedWithForbiddenBase(),
                new ArrayList<>(List.of("a", new Forbidden())),
                new HashMap<>(Map.of("a", new Forbidden())),
                new HashMap<>(Map.of(new Forbidden(), "a")),
                new TreeMap<>(Map.of("a", new Forbidden())))) {
            assertRefused(serialization, serialized(hiding));
        }
        assertThat(Forbidden.made).isZero();
    }

    @Test
    void aNameThatOnlyLooksAllowedIsNot() throws Exception {
        byte[] stream = serialized(new Allowed());
        String name = Allowed.class.getName();
        for (String similar : List.of(
                name.replace("Allowed", "allowed"),
                name.replace("$Allowed", ".Allowed"),
                name.replace('.', '/'),
                "L" + name.substring(1),
                "[" + name.substring(1),
                " " + name.substring(1))) {
            assertRefused(allowing(Allowed.class), replaced(stream, name.getBytes("UTF-8"), similar.getBytes("UTF-8")));
        }
        assertThatCode(() -> allowing(Allowed.class).read(stream)).doesNotThrowAnyException();
    }

    @Test
    void proxiesAreRefusedAlsoInsideAndWithAllowedInterfaces() throws Exception {
        Object proxy = Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Comparable.class, Runnable.class},
                (InvocationHandler & Serializable) (p, method, arguments) -> 0);
        PgJmsSerialization serialization = allowing(
                ArrayList.class, Comparable.class, Runnable.class, Proxy.class, InvocationHandler.class, getClass());
        assertRefused(serialization, serialized(proxy));
        assertRefused(serialization, serialized(new ArrayList<>(List.of(proxy))));
    }

    /** Each head claims the rest of the message as its elements, and the first element is the next head. */
    @Test
    void nestedArraysCannotClaimMoreTogetherThanTheMessageHolds() throws Exception {
        Object[] inner = {new byte[MIB]};
        for (int level = 0; level < PgJmsSerialization.MAX_DEPTH - 2; level++) {
            inner = new Object[] {inner};
        }
        byte[] stream = serialized(new Object[] {inner});
        for (int at = indexOf(stream, ONE_ELEMENT, 0); at >= 0; at = indexOf(stream, ONE_ELEMENT, at)) {
            claim(stream, at + ONE_ELEMENT.length - 4, MIB);
        }
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = memory.getThreadAllocatedBytes(Thread.currentThread().getId());
        assertRefused(COLLECTIONS, stream);
        long used = memory.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertThat(used).as("bytes allocated for a message of 1 MiB").isLessThan(48L * MIB);
    }

    @Test
    void collectionsCannotClaimMoreThanTheMessageHolds() throws Exception {
        for (Object collection : List.of(
                new ArrayList<>(List.of("a")),
                new ArrayDeque<>(List.of("a")),
                new HashMap<>(Map.of("a", "b")),
                new HashSet<>(Set.of("a")))) {
            byte[] stream = serialized(collection);
            for (int claimed : new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE - 8, 100_000_000, 1000}) {
                byte[] lying = stream.clone();
                for (int at = indexOf(stream, ONE, 0); at >= 0; at = indexOf(stream, ONE, at + 1)) {
                    claim(lying, at, claimed);
                }
                assertRefused(COLLECTIONS, lying);
            }
        }
    }

    @Test
    void ordinaryCollectionsAreNotTakenForLies() throws Exception {
        List<Object> many = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            many.add(new HashMap<>(Map.of(i, new ArrayList<>(List.of(i)))));
            many.add(new HashSet<>(Set.of(i)));
            many.add(new ArrayDeque<>(List.of(i)));
            many.add(new int[] {i});
            many.add(new HashMap<>());
        }
        assertThat(((List<?>) COLLECTIONS.read(serialized(many)))).hasSize(many.size());
    }

    @Test
    void depthIsLimited() throws Exception {
        Object deep = "end";
        for (int level = 0; level <= PgJmsSerialization.MAX_DEPTH; level++) {
            Allowed next = new Allowed();
            next.anything = deep;
            deep = next;
        }
        assertRefused(allowing(Allowed.class), serialized(deep));
        Object arrays = new Object[0];
        for (int level = 0; level < PgJmsSerialization.MAX_DEPTH; level++) {
            arrays = new Object[] {arrays};
        }
        assertRefused(COLLECTIONS, serialized(arrays));
    }

    /** Far deeper than any stack: the limit must be met before the stack ends. */
    @Test
    void noDepthOverflowsTheStack() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(ObjectStreamConstants.STREAM_MAGIC);
        out.writeShort(ObjectStreamConstants.STREAM_VERSION);
        byte[] first = serialized(new Object[1]);
        // Array, class, length, without the null that ends it.
        out.write(first, 4, first.length - 5);
        for (int level = 0; level < 200_000; level++) {
            out.write(ONE_ELEMENT);
        }
        assertRefused(COLLECTIONS, bytes.toByteArray());
    }

    @Test
    void referencesAreLimited() throws Exception {
        List<Object> many = new ArrayList<>(Collections.nCopies((int) PgJmsSerialization.MAX_REFERENCES + 1, "same"));
        assertRefused(COLLECTIONS, serialized(many));
    }

    @Test
    void aCollectionThatHoldsItselfCannotOverflowTheStack() throws Exception {
        Map<Object, Object> self = new HashMap<>();
        byte[] stream;
        List<Object> list = new ArrayList<>();
        list.add(self);
        self.put("a", list);
        stream = serialized(self);
        // Its key becomes the map itself: its hash is asked for while it is read.
        byte[] text = {ObjectStreamConstants.TC_STRING, 0, 1, 'a'};
        int at = indexOf(stream, text, 0);
        byte[] reference = {ObjectStreamConstants.TC_REFERENCE, 0, 0x7E, 0, 1};
        byte[] cyclic = new byte[stream.length + 1];
        System.arraycopy(stream, 0, cyclic, 0, at);
        System.arraycopy(reference, 0, cyclic, at, reference.length);
        System.arraycopy(stream, at + text.length, cyclic, at + reference.length, stream.length - at - text.length);
        assertRefusedOrRead(cyclic);
    }

    @Test
    void whereverItIsCutOffAStreamIsRefused() throws Exception {
        byte[] stream = serialized(new HashMap<>(Map.of("a", new ArrayList<>(List.of(1, "b", new int[] {1, 2})))));
        for (int length = 0; length < stream.length; length++) {
            assertRefused(COLLECTIONS, Arrays.copyOf(stream, length));
        }
        assertThatCode(() -> COLLECTIONS.read(stream)).doesNotThrowAnyException();
    }

    @Test
    void whateverByteIsChangedOnlyAllowedClassesAreLoaded() throws Exception {
        byte[] stream = serialized(new HashMap<>(Map.of("a", new ArrayList<>(List.of(1, "b", new int[] {1, 2})))));
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        Set<String> looked = new HashSet<>();
        thread.setContextClassLoader(new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                looked.add(name);
                return super.loadClass(name, resolve);
            }
        });
        try {
            for (int at = 0; at < stream.length; at++) {
                for (int value :
                        new int[] {0, 1, 0x70, 0x71, 0x73, 0x75, 0x7B, 0x7D, 0x7F, 0x80, 0xFF, stream[at] ^ 1}) {
                    byte[] changed = stream.clone();
                    changed[at] = (byte) value;
                    assertRefusedOrRead(changed);
                }
            }
        } finally {
            thread.setContextClassLoader(before);
        }
        assertThat(looked)
                .isSubsetOf(
                        "java.util.HashMap",
                        "java.util.ArrayList",
                        "java.lang.Integer",
                        "java.lang.Number",
                        "[I",
                        "java.lang.Object");
    }

    private static void assertRefusedOrRead(byte[] stream) {
        try {
            COLLECTIONS.read(stream);
        } catch (MessageFormatException refused) {
            // As it should be.
        } catch (Exception | Error e) {
            throw new AssertionError("A stream of " + stream.length + " bytes was answered with " + e, e);
        }
    }

    private static void claim(byte[] stream, int at, int length) {
        stream[at] = (byte) (length >>> 24);
        stream[at + 1] = (byte) (length >>> 16);
        stream[at + 2] = (byte) (length >>> 8);
        stream[at + 3] = (byte) length;
    }

    private static byte[] replaced(byte[] stream, byte[] what, byte[] with) {
        assertThat(with).hasSameSizeAs(what);
        byte[] replaced = stream.clone();
        System.arraycopy(with, 0, replaced, indexOf(stream, what, 0), with.length);
        return replaced;
    }

    private static int indexOf(byte[] in, byte[] what, int from) {
        for (int at = from; at + what.length <= in.length; at++) {
            if (Arrays.equals(in, at, at + what.length, what, 0, what.length)) {
                return at;
            }
        }
        return -1;
    }
}
