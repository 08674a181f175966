// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** The rules of the core's packages; {@code base} is the root package they are checked in. */
final class CoreRules {

    private static final String ROOT = "root";

    /** Packages point downward only: what each one may use. */
    private static final Map<String, List<String>> MAY_USE = Map.of(
            ROOT,
            List.of(),
            "selector",
            List.of(),
            "jdbc",
            List.of(),
            "schema",
            List.of(ROOT, "jdbc"),
            "wakeup",
            List.of("jdbc"),
            "store",
            List.of(ROOT, "jdbc"),
            "maintenance",
            List.of(ROOT, "store", "jdbc"),
            "client",
            List.of(ROOT, "selector", "jdbc", "wakeup", "store", "maintenance"),
            "jms",
            List.of(ROOT, "selector", "jdbc", "client"));

    private CoreRules() {}

    static ArchRule packagesFormNoCycle(String base) {
        return slices().matching(base + ".(**)").should().beFreeOfCycles().allowEmptyShould(true);
    }

    static ArchRule packagesUseOnlyWhatIsBelowThem(String base) {
        LayeredArchitecture layers =
                layeredArchitecture().consideringOnlyDependenciesInLayers().withOptionalLayers(true);
        for (String name : MAY_USE.keySet()) {
            layers = layers.layer(name).definedBy(packagesOf(base, name));
        }
        for (Map.Entry<String, List<String>> edge : MAY_USE.entrySet()) {
            String[] used = edge.getValue().toArray(String[]::new);
            LayeredArchitecture.LayerDependencySpecification layer = layers.whereLayer(edge.getKey());
            layers = used.length == 0 ? layer.mayNotAccessAnyLayer() : layer.mayOnlyAccessLayers(used);
        }
        return layers.allowEmptyShould(true);
    }

    static ArchRule packagesAreKnown(String base) {
        return classes()
                .that()
                .resideInAPackage(base + "..")
                .should()
                .resideInAnyPackage(MAY_USE.keySet().stream()
                        .map(name -> packagesOf(base, name))
                        .toArray(String[]::new))
                .allowEmptyShould(true);
    }

    /** Its exceptions may be looked into: only there are the server's message and hint apart from its context. */
    static ArchRule onlyWakeupUsesTheDriver(String base) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(base + ".wakeup..")
                .should()
                .dependOnClassesThat(resideInAPackage("org.postgresql..")
                        .and(not(belongToAnyOf(PSQLException.class, ServerErrorMessage.class))))
                .allowEmptyShould(true);
    }

    static ArchRule onlyDatabasePackagesUseStatements(String base) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(base + ".store..", base + ".schema..", base + ".jdbc..", base + ".wakeup..")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Statement.class, PreparedStatement.class, CallableStatement.class, ResultSet.class)
                .allowEmptyShould(true);
    }

    static ArchRule onlyJmsUsesJakartaMessaging(String base) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(base + ".jms..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jakarta.jms..")
                .allowEmptyShould(true);
    }

    static ArchRule packagesAreNullMarked(String base) {
        return classes()
                .that()
                .resideInAPackage(base + "..")
                .should(new BeInNullMarkedPackage())
                .allowEmptyShould(true);
    }

    static ArchRule oneClassDeserializes(String base) {
        return classes()
                .that()
                .resideInAPackage(base + "..")
                .should(new DeserializeInOneClass())
                .allowEmptyShould(true);
    }

    static ArchRule storeIsPublicOnlyByName(String base) {
        return isPublicOnlyByName(base + ".store..", PublicTypes.STORE);
    }

    static ArchRule jmsIsPublicOnlyByName(String base) {
        return isPublicOnlyByName(base + ".jms..", PublicTypes.JMS);
    }

    private static String packagesOf(String base, String name) {
        return name.equals(ROOT) ? base : base + "." + name + "..";
    }

    private static ArchRule isPublicOnlyByName(String packages, Set<String> names) {
        return classes()
                .that()
                .resideInAPackage(packages)
                .and()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should()
                .haveNameMatching(".*\\.(" + String.join("|", names) + "|package-info)")
                .allowEmptyShould(true);
    }
}
