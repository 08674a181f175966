// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.plainjms;

import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.schema.SchemaMigrator;
import jakarta.jms.JMSContext;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All of it that knows of pgqueue: the schema, the destinations and the connection factory. */
public final class ParcelsMain {

    private static final Logger LOG = LoggerFactory.getLogger(ParcelsMain.class);

    private ParcelsMain() {}

    /** Runs it on the database of a JDBC URL. */
    public static void main(String[] args) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(args[0]);
        install(dataSource);
        try (PgJmsConnectionFactory factory = new PgJmsConnectionFactory(args[0]);
                JMSContext watching = factory.createContext()) {
            Warehouse warehouse = new Warehouse(factory);
            Warehouse.watchSwiss(watching, parcel -> LOG.info("To Switzerland: {}", parcel));
            warehouse.order(List.of("books"), "CH");
            warehouse.pack(parcel -> parcel + " in paper");
        }
    }

    static void install(DataSource dataSource) {
        new SchemaMigrator(new DataSourceConnectionSource(dataSource), SchemaName.DEFAULT).migrate();
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of(Warehouse.PARCELS));
            queue.admin().declareQueue(QueueSpec.of(Warehouse.PACKED));
            queue.admin().declareTopic(TopicSpec.of(Warehouse.EVENTS));
        }
    }
}
