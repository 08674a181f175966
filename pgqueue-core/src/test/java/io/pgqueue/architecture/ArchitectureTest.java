// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.architecture;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A rule is what the core obeys and its fixture does not: nobody trusts a rule that was never seen to fail. */
class ArchitectureTest {

    private static final String CORE = "io.pgqueue";
    private static final String FIXTURES = "io.pgqueue.architecture.fixtures.";

    /** Reading them takes longer than checking a rule. */
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(CORE);

    enum Rule {
        NO_CYCLE(CoreRules::packagesFormNoCycle, "cycle"),
        EDGES(CoreRules::packagesUseOnlyWhatIsBelowThem, "edges"),
        KNOWN_PACKAGES(CoreRules::packagesAreKnown, "unknownpackage"),
        DRIVER(CoreRules::onlyWakeupUsesTheDriver, "driver"),
        STATEMENTS(CoreRules::onlyDatabasePackagesUseStatements, "statements"),
        JAKARTA_MESSAGING(CoreRules::onlyJmsUsesJakartaMessaging, "jakartamessaging"),
        NULL_MARKED(CoreRules::packagesAreNullMarked, "nullmarked"),
        DESERIALIZATION(CoreRules::oneClassDeserializes, "deserialization"),
        PUBLIC_STORE(CoreRules::storeIsPublicOnlyByName, "publicstore"),
        PUBLIC_JMS(CoreRules::jmsIsPublicOnlyByName, "publicjms");

        private final Function<String, ArchRule> rule;
        private final String fixture;

        Rule(Function<String, ArchRule> rule, String fixture) {
            this.rule = rule;
            this.fixture = FIXTURES + fixture;
        }
    }

    @ParameterizedTest
    @EnumSource
    void coreObeys(Rule rule) {
        rule.rule.apply(CORE).check(CLASSES);
    }

    @ParameterizedTest
    @EnumSource
    void fixtureFails(Rule rule) {
        JavaClasses fixture = new ClassFileImporter().importPackages(rule.fixture);
        ArchRule checked = rule.rule.apply(rule.fixture);
        assertThatThrownBy(() -> checked.check(fixture))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("was violated");
    }
}
