// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.kotlin

import io.pgqueue.Delivery
import io.pgqueue.QueueSpec
import io.pgqueue.spring.PgTemplate
import io.pgqueue.spring.annotation.PgHandler
import io.pgqueue.spring.annotation.PgListener
import java.util.concurrent.CopyOnWriteArrayList
import org.springframework.context.annotation.Bean
import org.springframework.context.annotation.Configuration
import org.springframework.messaging.handler.annotation.Header
import org.springframework.messaging.handler.annotation.SendTo

/** An application in Kotlin: its classes are final, as Kotlin's are unless they say otherwise. */
data class Line(val article: String, val count: Int = 1)

data class Order(
    val number: Int,
    val customer: String,
    val note: String? = null,
    val priority: Int = 4,
    val lines: List<Line> = emptyList(),
)

data class Receipt(val number: Int, val total: Int)

sealed interface Command {
    data class Ship(val number: Int) : Command

    data class Cancel(val number: Int, val reason: String = "none given") : Command
}

class Orders {
    val seen = CopyOnWriteArrayList<Any>()
    val colors = CopyOnWriteArrayList<String>()

    @PgListener(queues = ["orders"])
    @SendTo("receipts")
    fun order(order: Order, @Header("color") color: String?, delivery: Delivery): Receipt {
        seen += order
        colors += "$color at ${delivery.attempts()}"
        return Receipt(order.number, order.lines.sumOf { it.count })
    }

    @PgListener(queues = ["receipts"])
    internal fun receipt(receipt: Receipt) {
        seen += receipt
    }

    @PgListener(queues = ["lines"], batch = true)
    fun lines(lines: List<Line>) {
        seen.addAll(lines)
    }
}

@PgListener(queues = ["commands"])
class Commands {
    val seen = CopyOnWriteArrayList<Command>()

    @PgHandler
    fun ship(command: Command.Ship) {
        seen += command
    }

    @PgHandler
    fun cancel(command: Command.Cancel) {
        seen += command
    }
}

class Checkout(private val template: PgTemplate) {
    fun buy(order: Order) {
        template.convertAndSend("orders", order)
    }

    fun command(command: Command) {
        template.destination("commands").type(command.javaClass.simpleName).send(command)
    }
}

@Configuration(proxyBeanMethods = false)
class Shop {
    @Bean fun ordersQueue(): QueueSpec = QueueSpec.of("orders")

    @Bean fun receiptsQueue(): QueueSpec = QueueSpec.of("receipts")

    @Bean fun linesQueue(): QueueSpec = QueueSpec.of("lines")

    @Bean fun commandsQueue(): QueueSpec = QueueSpec.of("commands")

    @Bean fun orders(): Orders = Orders()

    @Bean fun commands(): Commands = Commands()

    @Bean fun checkout(template: PgTemplate): Checkout = Checkout(template)
}

class Suspending {
    @PgListener(queues = ["orders"])
    suspend fun order(order: Order) {
        throw AssertionError("$order must not be handled")
    }
}
