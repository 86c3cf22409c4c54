// SPDX-License-Identifier: Apache-2.0
// An echo, and the same with a log record for each event: one that is written, and two whose level
// is off.
#include <spry/spry.hpp>

namespace {

spry::response silent(spry::event event, spry::context&) {
    return spry::response::json(event.bytes());
}

spry::response logging(spry::event event, spry::context& context) {
    context.log().info(
        "echoing",
        {{"bytes", event.bytes().size()}, {"content_type", event.content_type()}, {"half", 0.5}});
    return spry::response::json(event.bytes());
}

// What computing a field costs, the compiler does not see.
[[gnu::noinline]] double digest_of(spry::event event) {
    double digest = 0;
    for (const std::byte byte : event.bytes())
        digest = digest * 31 + static_cast<double>(byte);
    return digest;
}

spry::response off(spry::event event, spry::context& context) {
    context.log().debug("echoing", {{"bytes", event.bytes().size()}, {"half", 0.5}});
    return spry::response::json(event.bytes());
}

spry::response off_lazily(spry::event event, spry::context& context) {
    context.log().debug([&](const auto& write) {
        write("echoing", {{"bytes", event.bytes().size()}, {"digest", digest_of(event)}});
    });
    return spry::response::json(event.bytes());
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(
        argc, argv,
        {{"silent", silent}, {"logging", logging}, {"off", off}, {"off_lazily", off_lazily}});
}
