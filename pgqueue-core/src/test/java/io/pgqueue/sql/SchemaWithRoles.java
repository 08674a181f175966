// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaMigrator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Objects;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** As roles.sql describes it: the owner owns the schema, the migration runs as the owner. */
public final class SchemaWithRoles implements Consumer<DataSource> {

    @Override
    public void accept(DataSource dataSource) {
        try (Sql sql = new Sql(dataSource);
                InputStream script = SchemaName.class.getResourceAsStream("roles.sql")) {
            String text = new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
            sql.run(text);
            sql.run(text);
            sql.run("create schema pgqueue authorization pgqueue_owner");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        PGSimpleDataSource owner = (PGSimpleDataSource) dataSource;
        owner.setOptions("-c role=pgqueue_owner");
        new SchemaMigrator(new DataSourceConnectionSource(owner), SchemaName.DEFAULT).migrate();
    }
}
