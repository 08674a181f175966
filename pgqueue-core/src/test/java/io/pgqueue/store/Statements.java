// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

/** The texts by which Java calls the functions: constants of the classes of this package. */
final class Statements {

    private Statements() {}

    static List<String> all() {
        List<String> texts = new ArrayList<>();
        for (JavaClass family : new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackagesOf(SchemaFunctions.class)) {
            for (Field field : family.reflect().getDeclaredFields()) {
                if (field.getType() == String.class && Modifier.isStatic(field.getModifiers())) {
                    String text = text(field);
                    if (text.contains("%s.")) {
                        texts.add(text);
                    }
                }
            }
        }
        return texts;
    }

    private static String text(Field field) {
        try {
            field.setAccessible(true);
            return String.valueOf(field.get(null));
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
