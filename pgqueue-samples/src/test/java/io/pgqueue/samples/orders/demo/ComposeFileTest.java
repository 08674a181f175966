// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.FileSystemResource;

/** The database that README.md connects to is the one that the Compose file starts. */
class ComposeFileTest {

    private static final Pattern URL = Pattern.compile("DATABASE_URL=(postgresql://\\S+)");

    @Test
    void theReadmeNamesItsDatabase() throws IOException {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new FileSystemResource("compose.yaml"));
        Properties compose = yaml.getObject();
        assertThat(compose).isNotNull();
        String postgres = "services.postgres.";
        String[] ports = compose.getProperty(postgres + "ports[0]").split(":");

        Matcher readme = URL.matcher(Files.readString(Path.of("..", "README.md")));
        assertThat(readme.find()).isTrue();
        assertThat(DatabaseUrl.parse(readme.group(1)))
                .isEqualTo(new DatabaseUrl(
                        "jdbc:postgresql://localhost:" + ports[0] + "/"
                                + compose.getProperty(postgres + "environment.POSTGRES_DB"),
                        compose.getProperty(postgres + "environment.POSTGRES_USER"),
                        compose.getProperty(postgres + "environment.POSTGRES_PASSWORD")));
        assertThat(ports[1]).isEqualTo("5432");
    }
}
