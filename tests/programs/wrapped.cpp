// SPDX-License-Identifier: Apache-2.0
// A typed handler behind middleware of each kind, for the tests that count what that costs. The
// first gate lets all events through; with WRAPPED=refused the second answers them.
#include <spry/spry.hpp>

#include <cstdlib>
#include <optional>
#include <string_view>

namespace {

struct anything {
    std::string_view name = "nobody";
};
SPRY_JSON(anything, name)

spry::task<spry::response> around(spry::event event, spry::context& context,
                                  spry::next_handler next) {
    spry::response answer = co_await next(event, context);
    co_return answer;
}

spry::task<spry::response> passing(spry::event event, spry::context& context,
                                   spry::next_handler next) {
    return next(event, context);
}

std::optional<spry::response> open(spry::event, spry::context&) {
    return std::nullopt;
}

struct gate {
    bool is_closed;

    std::optional<spry::response> operator()(spry::event, spry::context&) const {
        if (!is_closed)
            return std::nullopt;
        return spry::response::json("null");
    }
};

spry::task<anything> innermost(anything given, spry::context& context) {
    (void)co_await context.loop().yield();
    co_return given;
}

} // namespace

int main(int argc, char** argv) {
    const gate second{std::getenv("WRAPPED") != nullptr};
    return spry::run(argc, argv,
                     {{"wrapped", spry::wrap(around, open, passing, around, second, innermost)}});
}
