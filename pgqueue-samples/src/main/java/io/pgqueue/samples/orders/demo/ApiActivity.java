// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.filter.OncePerRequestFilter;

/** Writes down what the API answered. */
final class ApiActivity extends OncePerRequestFilter {

    private final Part api;

    ApiActivity(Part api) {
        this.api = api;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        // An exception leaves before the container has set the status.
        int status = HttpServletResponse.SC_INTERNAL_SERVER_ERROR;
        try {
            chain.doFilter(request, response);
            status = response.getStatus();
        } finally {
            if (status == HttpServletResponse.SC_CREATED) {
                api.add(Activity.CREATED, 1);
            } else if (status >= HttpServletResponse.SC_BAD_REQUEST) {
                api.add(Activity.REFUSED, 1);
            }
            api.line(status + " " + request.getMethod() + " " + request.getRequestURI());
        }
    }
}
