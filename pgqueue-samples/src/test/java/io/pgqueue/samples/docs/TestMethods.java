// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The test methods of all modules, read from the sources: the samples do not have the tests of others on their class path. */
final class TestMethods {

    private static final Path TESTS = Path.of("src", "test", "java");
    private static final Pattern ANNOTATION = Pattern.compile("\\s*@(?:Test|ParameterizedTest|TestFactory)\\b.*");
    private static final Pattern METHOD = Pattern.compile("\\s*[\\w<>?, .]+ (\\w+)\\(.*");

    private final Map<String, Set<String>> byClass = new HashMap<>();

    private TestMethods() {}

    static TestMethods in(Path project) {
        TestMethods all = new TestMethods();
        for (Path module : children(project)) {
            Path sources = module.resolve(TESTS);
            if (Files.isDirectory(sources)) {
                all.read(sources);
            }
        }
        return all;
    }

    /** The classes that end in this, like {@code sql.LeaseIT}: the packages in front may be left out. */
    List<String> classes(String end) {
        return byClass.keySet().stream()
                .filter(name -> name.equals(end) || name.endsWith("." + end))
                .toList();
    }

    boolean has(String className, String method) {
        return byClass.getOrDefault(className, Set.of()).contains(method);
    }

    private void read(Path sources) {
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".java")).toList()) {
                String name = sources.relativize(file).toString().replaceAll("\\.java$", "");
                byClass.put(name.replace('/', '.').replace('\\', '.'), methods(Files.readAllLines(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> methods(List<String> lines) {
        Set<String> methods = new HashSet<>();
        boolean annotated = false;
        for (String line : lines) {
            Matcher method = METHOD.matcher(line);
            if (ANNOTATION.matcher(line).matches()) {
                annotated = true;
            } else if (annotated && method.matches()) {
                methods.add(method.group(1));
                annotated = false;
            }
        }
        return methods;
    }

    private static List<Path> children(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
