// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.architecture;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A rule is what the starter obeys and its fixture does not. */
class ArchitectureTest {

    private static final String CORE = "io.pgqueue";
    private static final String FIXTURES = "io.pgqueue.spring.architecture.fixtures.";

    /** Reading them takes longer than checking a rule. */
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(CORE);

    enum Rule {
        NO_CYCLE(StarterRules::packagesFormNoCycle, "cycle"),
        EDGES(StarterRules::packagesUseOnlyWhatIsBelowThem, "edges"),
        KNOWN_PACKAGES(StarterRules::packagesAreKnown, "unknownpackage"),
        NULL_MARKED(StarterRules::packagesAreNullMarked, "nullmarked");

        private final Function<String, ArchRule> rule;
        private final String fixture;

        Rule(Function<String, ArchRule> rule, String fixture) {
            this.rule = rule;
            this.fixture = FIXTURES + fixture;
        }
    }

    @ParameterizedTest
    @EnumSource
    void starterObeys(Rule rule) {
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
