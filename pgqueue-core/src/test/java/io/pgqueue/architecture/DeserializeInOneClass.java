// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.ObjectInputStream;
import java.util.Set;
import java.util.TreeSet;

/** Java deserialization is dangerous, so there is one place to review: one file, nested classes included. */
final class DeserializeInOneClass extends ArchCondition<JavaClass> {

    private final Set<String> places = new TreeSet<>();

    DeserializeInOneClass() {
        super("use ObjectInputStream in one class only");
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
        boolean deserializes = type.getDirectDependenciesFromSelf().stream()
                .anyMatch(dependency -> dependency.getTargetClass().isAssignableTo(ObjectInputStream.class));
        if (deserializes) {
            places.add(outermost(type).getName());
        }
    }

    @Override
    public void finish(ConditionEvents events) {
        events.add(new SimpleConditionEvent(
                places, places.size() <= 1, "Classes that use ObjectInputStream: " + String.join(", ", places)));
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(DeserializeInOneClass::outermost).orElse(type);
    }
}
