// SPDX-License-Identifier: Apache-2.0
// What a user's test may do: an hour, at once.
#include <spry/io/testing/scripted_backend.hpp>

#include <chrono>

spry::task<> sleep_an_hour(spry::io::event_loop* loop) {
    (void)co_await loop->sleep_for(std::chrono::hours{1});
}

int main() {
    const auto loop = spry::io::testing::make_scripted_loop({});
    const spry::io::time_point before = loop->now();
    loop->run(sleep_an_hour(loop.get()));
    return loop->now() - before == std::chrono::hours{1} ? 0 : 1;
}
