// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** pgqueue-bom has no parent, so nothing but this test keeps it together with the modules. */
class BillOfMaterialsTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    private final XPath xpath = XPathFactory.newInstance().newXPath();

    @Test
    void itHasTheVersionOfTheProject() throws Exception {
        assertThat(xpath.evaluate("/project/version", pom("pgqueue-bom")))
                .isEqualTo(xpath.evaluate("/project/version", pom(".")));
    }

    /** Those that are not published say so. */
    @Test
    void itNamesEveryArtifactThatIsPublished() throws Exception {
        Set<String> published = new HashSet<>();
        NodeList modules = (NodeList) xpath.evaluate("/project/modules/module", pom("."), XPathConstants.NODESET);
        for (int i = 0; i < modules.getLength(); i++) {
            String module = modules.item(i).getTextContent();
            Document pom = pom(module);
            if (xpath.evaluate("/project/packaging", pom).equals("pom")
                    || xpath.evaluate("/project/properties/maven.deploy.skip", pom)
                            .equals("true")) {
                continue;
            }
            published.add(module);
            if (!xpath.evaluate("//goal[. = 'test-jar']", pom).isEmpty()) {
                published.add(module + " tests");
            }
        }
        assertThat(managed()).isEqualTo(published).isNotEmpty();
    }

    private Set<String> managed() throws Exception {
        Set<String> managed = new HashSet<>();
        NodeList all = (NodeList) xpath.evaluate(
                "/project/dependencyManagement/dependencies/dependency", pom("pgqueue-bom"), XPathConstants.NODESET);
        for (int i = 0; i < all.getLength(); i++) {
            String classifier = xpath.evaluate("classifier", all.item(i));
            managed.add((xpath.evaluate("artifactId", all.item(i)) + " " + classifier).strip());
        }
        return managed;
    }

    private static Document pom(String module) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(PROJECT.resolve(module).resolve("pom.xml").toFile());
    }
}
