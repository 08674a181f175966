// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.jmslistener;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Sells tickets. Knows Spring JMS and no broker, as before the move; what is new is that rows and messages commit together. */
@SpringBootApplication(proxyBeanMethods = false)
public class TicketsApplication {

    private static final Logger LOG = LoggerFactory.getLogger(TicketsApplication.class);

    /** Runs it on the database that {@code spring.datasource.url} names. */
    public static void main(String[] args) {
        builder().web(WebApplicationType.NONE).run(args);
    }

    static SpringApplicationBuilder builder() {
        return new SpringApplicationBuilder(TicketsApplication.class)
                .properties(
                        "spring.sql.init.mode=always",
                        "spring.sql.init.schema-locations=classpath:jmslistener/schema.sql");
    }

    @Bean
    ApplicationRunner customers(BoxOffice office) {
        return arguments -> {
            office.sell("Ada");
            office.sell("Grace");
        };
    }

    @Service
    static class BoxOffice {

        private final JdbcClient jdbc;
        private final JmsTemplate jms;

        BoxOffice(JdbcClient jdbc, JmsTemplate jms) {
            this.jdbc = jdbc;
            this.jms = jms;
        }

        /** The sale and its message, or none of the two. */
        @Transactional
        public void sell(String guest) {
            jms.convertAndSend("tickets", guest);
            jdbc.sql("insert into ticket_sales (guest) values (?)").param(guest).update();
        }
    }

    @Component
    static class Hall {

        final Queue<String> seated = new ConcurrentLinkedQueue<>();
        private final JdbcClient jdbc;

        Hall(JdbcClient jdbc) {
            this.jdbc = jdbc;
        }

        /** The update, the answer and the acknowledgement are one transaction; the first attempt for Grace is undone. */
        @JmsListener(destination = "tickets", concurrency = "2")
        @SendTo("seats")
        String seat(@Payload String guest, Message message) throws JMSException {
            int attempt = message.getIntProperty("JMSXDeliveryCount");
            jdbc.sql("update ticket_sales set seats = seats + 1 where guest = ?")
                    .param(guest)
                    .update();
            if (guest.equals("Grace") && attempt == 1) {
                throw new IllegalStateException("the seat is taken");
            }
            return guest + " at attempt " + attempt;
        }

        @JmsListener(destination = "seats")
        void tell(String seat) {
            LOG.info("Seat for {}", seat);
            seated.add(seat);
        }
    }
}
