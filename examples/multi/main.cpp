// SPDX-License-Identifier: Apache-2.0
// multi: three functions in one binary. An image's CMD, the first argument, or _HANDLER says which
// one a process is:
//
//     multi sum        {"numbers": [1, 2, 3.5]}      ->  {"sum":6.5,"count":3}
//     multi delay      {"milliseconds": 20}          ->  {"waited":20}
//     multi describe   anything                      ->  the invocation's id, the event's size, the
//     time left
#include <spry/spry.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

// A plain function: nothing to wait for, so no coroutine. The numbers lie in the invocation's
// arena.
struct addends {
    std::pmr::vector<double> numbers;
};
SPRY_JSON(addends, required(numbers))

struct total {
    double sum = 0;
    std::size_t count = 0;
};
SPRY_JSON(total, sum, count)

total sum(addends given) {
    return total{std::accumulate(given.numbers.begin(), given.numbers.end(), 0.0),
                 given.numbers.size()};
}

// A coroutine: it suspends, and the process does something else, or sleeps, in the meantime.
struct delay_request {
    std::int64_t milliseconds = 0;
};
SPRY_JSON(delay_request, required(milliseconds))

struct delay_report {
    std::int64_t waited = 0;
};
SPRY_JSON(delay_report, waited)

spry::task<delay_report> delay(delay_request given, spry::context& context) {
    if (given.milliseconds < 0)
        throw std::invalid_argument{"a delay cannot be negative"};
    const std::chrono::milliseconds duration{given.milliseconds};
    const spry::result<> slept = co_await context.loop().sleep_for(duration, context.stop());
    if (!slept)
        throw std::runtime_error{"the deadline is too near for such a delay"};
    co_return delay_report{given.milliseconds};
}

// The event as it is, of any type, and what the context knows.
struct description {
    std::string_view request_id;
    std::size_t event_bytes = 0;
    std::int64_t milliseconds_left = 0;
};
SPRY_JSON(description, request_id, event_bytes, milliseconds_left)

description describe(spry::event event, spry::context& context) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(context.remaining_time());
    return description{context.request_id(), event.bytes().size(), left.count()};
}

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"sum", sum}, {"delay", delay}, {"describe", describe}});
}
