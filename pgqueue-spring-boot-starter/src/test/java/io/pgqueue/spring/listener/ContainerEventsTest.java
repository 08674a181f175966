// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.SpringConnectionSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;

class ContainerEventsTest {

    /** A container tells of an outage in the thread that receives: an Error would end it, and nothing be received any more. */
    @Test
    void anErrorOfAListenerToEventsStaysWithIt() {
        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setPortNumbers(new int[] {1});
        SpringConnectionSource source = new SpringConnectionSource(nowhere);
        try (PgQueue queue = PgQueue.builder(source).maintenance(false).build()) {
            PgListenerContainerFactory factory = PgListenerContainerFactory.builder(
                            queue, source, new JdbcTransactionManager(nowhere))
                    .build();
            PgListenerContainer container =
                    factory.createContainer(PgListenerEndpoint.ofQueue("l", "q", (delivery, acknowledgement) -> {}));
            List<PgListenerEvent> told = new ArrayList<>();
            ContainerEvents events = new ContainerEvents(container, event -> {
                told.add(event);
                throw new NoClassDefFoundError("broken on purpose");
            });
            events.started();
            events.recovered();
            assertThat(told)
                    .containsExactly(new PgListenerEvent.Started(container), new PgListenerEvent.Recovered(container));
            factory.destroy();
        }
    }
}
