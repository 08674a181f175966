// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.Message;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.Set;

/** Objects that are messages or destinations of some other provider: they have its interface and no class of ours. */
final class ForeignMessages {

    private ForeignMessages() {}

    /** What was set through the interface can be read from {@code inside}. */
    static <T> T of(Class<T> type, T inside) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
            try {
                return method.invoke(inside, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    static <T extends Message> T recordingSetters(Class<T> type, T inside, Set<String> called) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
            if (method.getName().startsWith("setJMS")) {
                called.add(method.getName());
            }
            try {
                return method.invoke(inside, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    static Set<String> calls() {
        return new LinkedHashSet<>();
    }
}
