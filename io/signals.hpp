// SPDX-License-Identifier: Apache-2.0
// Signals as events on the loop, for programs that wait for many things at once: the emulator.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/unique_fd.hpp>

#include <initializer_list>
#include <utility>

namespace spry::io {

/// Takes signals out of asynchronous delivery (they are blocked for the process) and hands them out
/// one by one. Children started by `child_process` do not inherit the mask.
class signal_reader {
public:
    static result<signal_reader> create(event_loop& loop,
                                        std::initializer_list<int> signals) noexcept;

    signal_reader(signal_reader&&) noexcept = default;
    ~signal_reader();

    /// Suspends until one of the signals has come; yields its number.
    task<result<int>> next(stop_token stop = {});

private:
    signal_reader(event_loop& loop, unique_fd fd) noexcept : loop_(&loop), fd_(std::move(fd)) {}

    event_loop* loop_;
    unique_fd fd_;
};

} // namespace spry::io
