// SPDX-License-Identifier: Apache-2.0
// event_visitor: sends one event to a function and prints the answer (--event).
#pragma once

#include <spry/emulator/host.hpp>

#include <string>
#include <utility>

namespace spry::emulator {

/// Prints the body of the answer, and a line feed, to standard output. Its exit code is 0, or 1
/// where the function has failed, or nothing has answered.
class event_visitor final : public visitor {
public:
    event_visitor(std::string function, std::string event)
        : function_(std::move(function)), event_(std::move(event)) {}

    task<int> visit(io::event_loop& loop, const io::address& at, stop_token stop) override;

private:
    std::string function_;
    std::string event_;
};

} // namespace spry::emulator
