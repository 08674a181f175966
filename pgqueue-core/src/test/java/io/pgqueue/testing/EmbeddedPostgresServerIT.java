// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EmbeddedPostgresServerIT {

    private static final Path WORK = Path.of(System.getProperty("pgqueue.test.directory", "target/postgres"));

    private Path parent = WORK;
    private Path directory = WORK;

    @BeforeEach
    void chooseDirectory() throws IOException {
        // Not createTempDirectory: that keeps every other user out, "nobody" too.
        parent = Files.createDirectories(WORK.resolve("kept-" + UUID.randomUUID()));
        directory = parent.resolve("data");
    }

    @AfterEach
    void deleteDirectory() throws IOException {
        FileTree.delete(parent);
    }

    @Test
    void runsTheRequestedVersion() throws SQLException {
        try (EmbeddedPostgresServer server = EmbeddedPostgresServer.start(EmbeddedPostgresOptions.temporary(WORK))) {
            assertThat(query(server, "show server_version"))
                    .startsWith(System.getProperty("pgqueue.test.postgres", "18") + ".");
            assertThat(query(server, "show fsync")).isEqualTo("off");
        }
    }

    @Test
    void keepsDataAndSettingsWhenStartedAgain() throws SQLException {
        keepsData(ServerUser.detect());
    }

    @Test
    void runsAsNobodyWhereNamespacesAreRefused() throws SQLException {
        assumeTrue(ServerUser.detect() != ServerUser.SAME, "only root may become nobody");
        keepsData(ServerUser.NOBODY);
        keepsData(ServerUser.detect());
    }

    @Test
    void refusesADirectoryInUse() {
        EmbeddedPostgresOptions options = EmbeddedPostgresOptions.kept(WORK, directory);
        try (EmbeddedPostgresServer server = EmbeddedPostgresServer.start(options)) {
            assertThatThrownBy(() -> EmbeddedPostgresServer.start(options))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("used by another process");
            assertThat(server.port()).isPositive();
        }
    }

    private void keepsData(ServerUser user) throws SQLException {
        EmbeddedPostgresOptions options =
                EmbeddedPostgresOptions.kept(WORK, directory).withSetting("work_mem", "5MB");
        try (EmbeddedPostgresServer server = EmbeddedPostgresServer.start(options, user)) {
            execute(server, "create table if not exists kept_" + user + " as select 1");
            assertThat(query(server, "show fsync")).isEqualTo("on");
        }
        try (EmbeddedPostgresServer server = EmbeddedPostgresServer.start(options, user)) {
            assertThat(query(server, "select count(*) from kept_" + user)).isEqualTo("1");
            assertThat(query(server, "show work_mem")).isEqualTo("5MB");
        }
    }

    private static void execute(EmbeddedPostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.dataSource("postgres").getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(EmbeddedPostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.dataSource("postgres").getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }
}
