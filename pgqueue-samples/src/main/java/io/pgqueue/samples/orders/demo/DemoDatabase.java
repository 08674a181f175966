// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import io.pgqueue.schema.SchemaException;
import io.pgqueue.testing.EmbeddedPostgresOptions;
import io.pgqueue.testing.EmbeddedPostgresServer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** Gives the application its database: the one of DATABASE_URL, else a server of its own that keeps its data. */
final class DemoDatabase implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    private final DemoSettings settings;
    private final Path directory;
    private final Activity activity;
    private volatile @Nullable DatabaseUrl url;

    DemoDatabase(DemoSettings settings, Path directory, Activity activity) {
        this.settings = settings;
        this.directory = directory;
        this.activity = activity;
    }

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        DatabaseUrl given = settings.databaseUrl();
        DatabaseUrl used = given != null ? given : startServer();
        url = used;
        activity.api().line("database is there");
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource("order demo database", used.properties()));
    }

    /** Known as soon as the application runs. */
    @Nullable
    DatabaseUrl url() {
        return url;
    }

    /** Until the first release the tables may change without an upgrade, and the data of an older checkout stays. */
    String advice(Throwable failure) {
        Throwable cause = failure;
        while (cause != null && !(cause instanceof SchemaException)) {
            cause = cause.getCause();
        }
        return cause == null || settings.databaseUrl() != null
                ? ""
                : "\nIf an older checkout made the data, delete " + directory.resolve("postgres") + " and run again";
    }

    private DatabaseUrl startServer() {
        activity.api().line("starting PostgreSQL");
        EmbeddedPostgresOptions options = EmbeddedPostgresOptions.kept(
                        directory.resolve("server"), directory.resolve("postgres"))
                .withoutShutdownHook();
        EmbeddedPostgresServer server;
        try {
            server = EmbeddedPostgresServer.start(options);
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    e.getMessage() + ". If another run of this example is up, give this one its DATABASE_URL; "
                            + "any PostgreSQL of yours will do as well",
                    e.getCause());
        }
        // After the application: a pool that closes later than its server complains.
        SpringApplication.getShutdownHandlers().add(server::stop);
        return new DatabaseUrl(server.jdbcUrl(), null, null);
    }
}
