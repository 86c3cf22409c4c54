// SPDX-License-Identifier: Apache-2.0
// middleware_timing: says in the log how long each invocation took and how it ended, around a
// handler that knows nothing of it.
#include <spry/spry.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>

using clock_type = std::chrono::steady_clock;

std::int64_t microseconds_since(clock_type::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(clock_type::now() - start).count();
}

// A coroutine, since it has something to do when the handler is done, or has failed.
spry::task<spry::response> timed(spry::event event, spry::context& context,
                                 spry::next_handler next) {
    const clock_type::time_point start = clock_type::now();
    try {
        spry::response answer = co_await next(event, context);
        context.log().info("answered", {{"microseconds", microseconds_since(start)},
                                        {"bytes", answer.body().size()}});
        co_return answer;
    } catch (...) {
        context.log().warn("failed", {{"microseconds", microseconds_since(start)}});
        throw;
    }
}

struct fraction {
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;
};
SPRY_JSON(fraction, numerator, denominator)

double divide(fraction given) {
    if (given.denominator == 0)
        throw std::domain_error{"the denominator is 0"};
    return static_cast<double>(given.numerator) / static_cast<double>(given.denominator);
}

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"divide", spry::wrap(timed, divide)}});
}
