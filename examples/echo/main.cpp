// SPDX-License-Identifier: Apache-2.0
// echo: answers with the event's own bytes, which are borrowed and not copied.
#include <spry/spry.hpp>

spry::task<spry::response> echo(spry::event event, spry::context& context) {
    context.log().debug("echoing", {{"bytes", event.bytes().size()}});
    co_return spry::response::json(event.bytes());
}

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"echo", echo}});
}
