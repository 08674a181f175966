// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.List;
import java.util.Map;

/**
 * The rules of the starter's packages. {@code core} is the root package of the core; the starter's own packages are
 * below {@code core.spring}.
 */
final class StarterRules {

    private static final String CORE = "core";
    private static final String ROOT = "spring";

    /** What each package may use. */
    private static final Map<String, List<String>> MAY_USE = Map.of(
            ROOT,
            List.of(CORE),
            "listener",
            List.of(ROOT, CORE),
            "annotation",
            List.of("listener"),
            "jms",
            List.of(ROOT, CORE),
            "actuate",
            List.of(ROOT, "listener", CORE),
            "autoconfigure",
            List.of(ROOT, "listener", "annotation", "jms", "actuate", CORE));

    private StarterRules() {}

    static ArchRule packagesFormNoCycle(String core) {
        return slices().matching(core + ".spring.(**)")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true);
    }

    static ArchRule packagesUseOnlyWhatIsBelowThem(String core) {
        LayeredArchitecture layers = layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer(CORE)
                .definedBy(resideInAPackage(core + "..").and(resideOutsideOfPackage(core + ".spring..")));
        for (String name : MAY_USE.keySet()) {
            layers = layers.layer(name).definedBy(packagesOf(core, name));
        }
        for (Map.Entry<String, List<String>> edge : MAY_USE.entrySet()) {
            layers = layers.whereLayer(edge.getKey())
                    .mayOnlyAccessLayers(edge.getValue().toArray(String[]::new));
        }
        return layers.allowEmptyShould(true);
    }

    static ArchRule packagesAreKnown(String core) {
        return classes()
                .that()
                .resideInAPackage(core + ".spring..")
                .should()
                .resideInAnyPackage(MAY_USE.keySet().stream()
                        .map(name -> packagesOf(core, name))
                        .toArray(String[]::new))
                .allowEmptyShould(true);
    }

    static ArchRule packagesAreNullMarked(String core) {
        return classes()
                .that()
                .resideInAPackage(core + ".spring..")
                .should(new BeInNullMarkedPackage())
                .allowEmptyShould(true);
    }

    private static String packagesOf(String core, String name) {
        return name.equals(ROOT) ? core + ".spring" : core + ".spring." + name + "..";
    }
}
