// SPDX-License-Identifier: Apache-2.0
// Answers with a copy of the event in a std::string of its own.
#include <spry/spry.hpp>

#include <string>
#include <utility>

namespace {

spry::response copy(spry::event event) {
    const auto bytes = event.bytes();
    std::string body(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return spry::response::json(std::move(body));
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"copy", copy}});
}
