// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jakarta Messaging 3.1, sections 3.11 and 8.6, and what keeps deserialization harmless. */
@NullUnmarked
class PgJmsObjectMessageTest {

    enum Colour {
        RED
    }

    static class Base implements Serializable {
        private static final long serialVersionUID = 1L;
        int number = 7;
    }

    static class Order extends Base {
        private static final long serialVersionUID = 1L;
        final BigDecimal amount = new BigDecimal("12.50");
        final Colour colour = Colour.RED;
        final Colour[] more = {Colour.RED};
        final int[] lines = {1, 2};
        ArrayList<Object> notes = new ArrayList<>(List.of("a", 1));
    }

    /** Tells when it is read: this stands for whatever a gadget does. */
    static class Trap implements Serializable {
        private static final long serialVersionUID = 1L;
        static int sprung;

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            sprung++;
            in.defaultReadObject();
        }
    }

    private static final Class<?>[] ORDER = {
        Order.class, Base.class, BigDecimal.class, BigInteger.class, Colour.class, ArrayList.class, Integer.class
    };

    private static byte[] serialized(Object object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }

    private static PgJmsObjectMessage received(byte[] body, Class<?>... allowed) throws Exception {
        OutgoingMessage message = OutgoingMessage.bytes(body)
                .contentType("application/x-java-serialized-object")
                .build();
        return (PgJmsObjectMessage) Transport.codec(allowed).receive(Transport.delivery(message, 1), Transport.QUEUE);
    }

    @Test
    void section_3_11_anObjectOfAllowedClassesComesBackAsACopy() throws Exception {
        PgJmsObjectMessage message = new PgJmsObjectMessage(null, Transport.allowing(ORDER));
        Order order = new Order();
        message.setObject(order);
        order.number = 8;
        PgJmsCodec codec = Transport.codec(ORDER);
        PgJmsSend send = codec.send(message, Transport.QUEUE, PgJmsSendOptions.DEFAULT);
        assertThat(send.content().contentType()).isEqualTo("application/x-java-serialized-object");
        PgJmsObjectMessage received =
                (PgJmsObjectMessage) codec.receive(Transport.delivery(send.content(), 1), Transport.QUEUE);
        Order first = (Order) received.getObject();
        assertThat(first).usingRecursiveComparison().isEqualTo(new Order());
        first.number = 9;
        assertThat(received.getBody(Base.class).number).isEqualTo(7);
        assertThat(received.isBodyAssignableTo(Base.class)).isTrue();
        assertThat(received.isBodyAssignableTo(String.class)).isFalse();
        assertThatThrownBy(() -> received.getBody(String.class)).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> received.setObject(null)).isInstanceOf(MessageNotWriteableException.class);
    }

    @Test
    void section_3_11_nullIsAnObjectMessageWithoutBody() throws Exception {
        PgJmsObjectMessage message = new PgJmsObjectMessage(null, PgJmsSerialization.OFF);
        message.setObject(null);
        PgJmsObjectMessage received = Transport.roundTrip(message);
        assertThat(received.getObject()).isNull();
        assertThat(received.getBody(Order.class)).isNull();
        assertThat(received.isBodyAssignableTo(Order.class)).isTrue();
    }

    @Test
    void offUnlessClassesAreNamedInBothDirections() throws Exception {
        PgJmsObjectMessage message = new PgJmsObjectMessage(null, PgJmsSerialization.OFF);
        for (Serializable object : new Serializable[] {new Order(), "text", 1}) {
            assertThatThrownBy(() -> message.setObject(object))
                    .isInstanceOf(MessageFormatException.class)
                    .hasMessageContaining("off");
        }
        PgJmsObjectMessage received = received(serialized("text"));
        assertThatThrownBy(received::getObject).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> received.getBody(String.class)).isInstanceOf(MessageFormatException.class);
        assertThat(received.isBodyAssignableTo(String.class)).isFalse();
        assertThat(received.toString()).startsWith("ObjectMessage[");
    }

    @Test
    void everyClassOfTheGraphMustBeNamed() throws Exception {
        byte[] order = serialized(new Order());
        for (Class<?> missing : ORDER) {
            List<Class<?>> allowed = new ArrayList<>(List.of(ORDER));
            allowed.remove(missing);
            Class<?>[] names = allowed.toArray(Class<?>[]::new);
            assertThatThrownBy(() -> received(order, names).getObject())
                    .isInstanceOf(MessageFormatException.class)
                    .hasMessageContaining(missing.getName());
            PgJmsObjectMessage sender = new PgJmsObjectMessage(null, Transport.allowing(names));
            assertThatThrownBy(() -> sender.setObject(new Order()))
                    .isInstanceOf(MessageFormatException.class)
                    .hasMessageContaining(missing.getName());
        }
    }

    @Test
    void aPrefixOrSubclassIsNoName() throws Exception {
        assertThatThrownBy(() -> received(serialized(new Order()), Base.class).getObject())
                .isInstanceOf(MessageFormatException.class);
        PgJmsSerialization patterns = new PgJmsSerialization(Set.of("*", "io.pgqueue.*", "io.pgqueue.jms.**"));
        assertThatThrownBy(() -> patterns.read(serialized(new Base()))).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void nothingOutsideTheListIsRunOrLoaded() throws Exception {
        Trap.sprung = 0;
        byte[] trap = serialized(new Trap());
        byte[] inside = serialized(new ArrayList<>(List.of(new Trap())));
        assertThatThrownBy(() -> received(trap, Order.class).getObject()).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> received(inside, ArrayList.class).getObject())
                .isInstanceOf(MessageFormatException.class);
        assertThat(Trap.sprung).isZero();
        assertThat(received(trap, Trap.class).getObject()).isInstanceOf(Trap.class);
        assertThat(Trap.sprung).isEqualTo(1);

        List<String> looked = new ArrayList<>();
        ClassLoader watching = new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                looked.add(name);
                return super.loadClass(name, resolve);
            }
        };
        byte[] unlisted = serialized(new Trap[] {new Trap()});
        withContextLoader(watching, () -> {
            assertThatThrownBy(() -> received(unlisted, Base.class).getObject())
                    .isInstanceOf(MessageFormatException.class);
            assertThat(looked).isEmpty();
            received(serialized(new Base()), Base.class).getObject();
            assertThat(looked).contains(Base.class.getName());
        });
    }

    @Test
    void section_3_11_classesAreFoundThroughTheContextClassLoader() throws Exception {
        byte[] base = serialized(new Base());
        withContextLoader(
                null, () -> assertThat(received(base, Base.class).getObject()).isInstanceOf(Base.class));
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void withContextLoader(ClassLoader loader, Work work) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            work.run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void proxiesAreRefused() throws Exception {
        Object proxy = Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Comparable.class}, (InvocationHandler & Serializable)
                        (p, method, args) -> 0);
        assertThatThrownBy(() -> received(serialized(proxy), Order.class, Comparable.class)
                        .getObject())
                .isInstanceOf(MessageFormatException.class);
        PgJmsObjectMessage sender = new PgJmsObjectMessage(null, Transport.allowing(Comparable.class));
        assertThatThrownBy(() -> sender.setObject((Serializable) proxy)).isInstanceOf(MessageFormatException.class);
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void nestedCollectionsCannotKeepAThreadBusy() throws Exception {
        Set<Object> root = new HashSet<>();
        Set<Object> left = root;
        Set<Object> right = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            Set<Object> a = new HashSet<>();
            Set<Object> b = new HashSet<>();
            a.add("a");
            left.add(a);
            left.add(b);
            right.add(a);
            right.add(b);
            left = a;
            right = b;
        }
        byte[] bomb = serialized(root);
        assertThatThrownBy(() -> received(bomb, HashSet.class).getObject()).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void tooManyReferencesAndTooDeepAreRefused() throws Exception {
        List<Object> many = new ArrayList<>();
        for (int i = 0; i <= PgJmsSerialization.MAX_REFERENCES; i++) {
            many.add(new int[0]);
        }
        assertThatThrownBy(() -> received(serialized(many), ArrayList.class).getObject())
                .isInstanceOf(MessageFormatException.class);
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < PgJmsSerialization.MAX_DEPTH + 1; i++) {
            deep = new ArrayList<>(List.of(deep));
        }
        List<Object> tooDeep = deep;
        assertThatThrownBy(() -> received(serialized(tooDeep), ArrayList.class).getObject())
                .isInstanceOf(MessageFormatException.class);
    }

    @Test
    void anArrayThatClaimsMoreThanTheMessageHoldsIsNotAllocated() throws Exception {
        byte[] array = serialized(new long[] {1});
        int length = array.length - 12;
        assertThat(array[length + 3]).isEqualTo((byte) 1);
        array[length] = 0x7F;
        assertThatThrownBy(() -> received(array, Base.class).getObject()).isInstanceOf(MessageFormatException.class);
        assertThatCode(() -> received(serialized(new long[] {1}), Base.class).getObject())
                .doesNotThrowAnyException();
    }

    @Test
    void bytesThatAreNoObjectAreRefusedAndTheMessageStaysUsable() throws Exception {
        PgJmsObjectMessage received = received(new byte[] {1, 2, 3}, Order.class);
        assertThatThrownBy(received::getObject).isInstanceOf(MessageFormatException.class);
        PgJmsSend forwarded = Transport.send(received);
        assertThat(forwarded.content().body()).containsExactly(1, 2, 3);
    }

    @Test
    void anObjectThatCannotBeSerializedIsRefused() {
        PgJmsObjectMessage message = new PgJmsObjectMessage(null, Transport.allowing(ArrayList.class));
        assertThatThrownBy(() -> message.setObject(new ArrayList<>(List.of(new Object()))))
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("java.lang.Object");
    }
}
