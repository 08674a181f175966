// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Java serialization for object messages (Jakarta Messaging 3.1, section 3.11), the one place where objects are read. Off
 * unless classes are allowed, in both directions. A class is allowed when it is named exactly, superclasses included;
 * arrays of allowed or primitive types are, and {@link Number} and {@link Enum}, which are the superclass of others and
 * cannot be made. A name is compared before its class is looked for, so a message cannot make a class load. Immutable.
 */
final class PgJmsSerialization {

    /** Deeper graphs are refused: nested collections take time that doubles with every level. */
    static final int MAX_DEPTH = 20;

    static final long MAX_REFERENCES = 100_000;

    static final PgJmsSerialization OFF = new PgJmsSerialization(Set.of());

    private static final Set<String> SUPERCLASSES = Set.of("java.lang.Number", "java.lang.Enum");

    private final Set<String> allowed;

    /** @param allowed names of classes as {@link Class#getName} gives them; no patterns, empty for none at all */
    PgJmsSerialization(Set<String> allowed) {
        this.allowed = Set.copyOf(allowed);
    }

    /**
     * @throws MessageFormatException if a class in the object's graph is not allowed, or the object cannot be serialized
     */
    byte[] write(Serializable object) throws JMSException {
        checkOn();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Set<String> used = new LinkedHashSet<>();
        try (ObjectOutputStream out = new RecordingOutput(bytes, used)) {
            out.writeObject(object);
            // The sender learns what the receiver would refuse.
            for (String className : used) {
                checkAllowed(className);
            }
        } catch (IOException | RuntimeException | StackOverflowError e) {
            throw unusable("The object cannot be serialized", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Read through the thread's context class loader.
     *
     * @throws MessageFormatException if a class is not allowed or unknown here, a limit is exceeded, or the bytes are no
     *     serialized object
     */
    @Nullable
    Object read(byte[] bytes) throws JMSException {
        checkOn();
        try (ObjectInputStream in = new CheckedInput(new ByteArrayInputStream(bytes))) {
            in.setObjectInputFilter(
                    ObjectInputFilter.merge(new Sizes(bytes.length), ObjectInputFilter.Config.getSerialFilter()));
            return in.readObject();
        } catch (IOException | ClassNotFoundException | RuntimeException | StackOverflowError e) {
            throw unusable("The object cannot be read", e);
        }
    }

    private void checkOn() throws MessageFormatException {
        if (allowed.isEmpty()) {
            throw new MessageFormatException("Object messages are off: name the classes they may hold on the "
                    + "connection factory, or send text or bytes");
        }
    }

    private boolean isAllowed(String className) {
        if (className.startsWith("[")) {
            String element = className.substring(className.lastIndexOf('[') + 1);
            return element.length() <= 1 || isAllowed(element.substring(1, element.length() - 1));
        }
        return allowed.contains(className) || SUPERCLASSES.contains(className);
    }

    private void checkAllowed(String className) throws InvalidClassException {
        if (!isAllowed(className)) {
            throw new InvalidClassException(
                    className, "not among the classes allowed for object messages; add exactly this name to them");
        }
    }

    /**
     * Sizes of one stream only: what it names is compared elsewhere, and collections ask for arrays that it does not name.
     * Every element takes a byte at least, so a longer array is a lie that would be allocated first; and so are arrays inside
     * each other that each claim the rest of the message. Hash tables are larger than what is in them, hence the factor.
     */
    private static final class Sizes implements ObjectInputFilter {

        private static final int ELEMENTS_FOR_A_BYTE = 4;

        private final long bytes;
        private long elements;

        Sizes(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public Status checkInput(FilterInfo info) {
            elements += Math.max(0, info.arrayLength());
            boolean within = info.depth() <= MAX_DEPTH
                    && info.references() <= MAX_REFERENCES
                    && info.arrayLength() <= bytes
                    && elements <= ELEMENTS_FOR_A_BYTE * bytes;
            return within ? Status.UNDECIDED : Status.REJECTED;
        }
    }

    /** With the cause's words, which name the class, but not its data. */
    private static MessageFormatException unusable(String what, Throwable cause) {
        MessageFormatException error = new MessageFormatException(
                what + ": " + cause + " (limits: depth " + MAX_DEPTH + ", " + MAX_REFERENCES + " references)");
        error.initCause(cause);
        return error;
    }

    /** Notes classes instead of refusing them: an error in here would be written to the stream, and asked for in turn. */
    private static final class RecordingOutput extends ObjectOutputStream {

        private final Set<String> used;

        RecordingOutput(OutputStream out, Set<String> used) throws IOException {
            super(out);
            this.used = used;
        }

        @Override
        protected void annotateClass(Class<?> type) {
            used.add(type.getName());
        }

        @Override
        protected void annotateProxyClass(Class<?> type) {
            used.add(type.getName());
        }
    }

    private final class CheckedInput extends ObjectInputStream {

        CheckedInput(InputStream in) throws IOException {
            super(in);
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
            checkAllowed(description.getName());
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            try {
                return Class.forName(description.getName(), false, loader);
            } catch (ClassNotFoundException e) {
                return super.resolveClass(description);
            }
        }

        @Override
        protected Class<?> resolveProxyClass(String[] interfaces) throws IOException {
            throw new InvalidClassException("java.lang.reflect.Proxy", "proxies are not allowed for object messages");
        }
    }
}
