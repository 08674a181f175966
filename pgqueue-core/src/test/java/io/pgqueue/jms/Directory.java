// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.reflect.Proxy;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.OperationNotSupportedException;
import javax.naming.Referenceable;
import javax.naming.spi.InitialContextFactory;
import javax.naming.spi.NamingManager;
import org.jspecify.annotations.Nullable;

/**
 * A directory as a naming service has it: what is bound is stored as the bytes of its reference, and a lookup has JNDI make an
 * object of them. Its contents last as long as the JVM.
 */
public final class Directory implements InitialContextFactory {

    private static final Map<String, byte[]> ENTRIES = new ConcurrentHashMap<>();

    @Override
    public Context getInitialContext(Hashtable<?, ?> environment) {
        return (Context) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Context.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "bind", "rebind" -> bind(String.valueOf(arguments[0]), arguments[1]);
                    case "lookup" -> lookup(String.valueOf(arguments[0]), environment);
                    case "close" -> null;
                    default -> throw new OperationNotSupportedException(method.getName());
                });
    }

    private static @Nullable Object bind(String name, Object object) throws NamingException, IOException {
        if (!(object instanceof Referenceable referenceable)) {
            throw new OperationNotSupportedException("A " + object.getClass() + " cannot be bound");
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(referenceable.getReference());
        }
        ENTRIES.put(name, bytes.toByteArray());
        return null;
    }

    private static Object lookup(String name, Hashtable<?, ?> environment) throws Exception {
        byte[] bytes = ENTRIES.get(name);
        if (bytes == null) {
            throw new NameNotFoundException(name);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return NamingManager.getObjectInstance(in.readObject(), null, null, environment);
        }
    }
}
