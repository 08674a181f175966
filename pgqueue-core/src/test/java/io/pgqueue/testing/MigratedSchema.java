// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaMigrator;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** Installs schema {@code pgqueue}: the template of every test that uses the engine. */
public final class MigratedSchema implements Consumer<DataSource> {

    @Override
    public void accept(DataSource dataSource) {
        new SchemaMigrator(new DataSourceConnectionSource(dataSource), SchemaName.DEFAULT).migrate();
    }
}
