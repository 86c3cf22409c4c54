// SPDX-License-Identifier: Apache-2.0
// door: where other threads leave word for a loop.
//
// 1. On the loop's thread, a coroutine announces a `posted`. While any is expected, the loop has a
//    read of an eventfd(2) pending, and so neither ends nor misses a wake-up.
// 2. A poster puts its `posted` on a pile that is an atomic pointer to its top. Only the one that
//    finds the pile empty writes to the eventfd.
// 3. The loop reads the eventfd, and only then takes the whole pile and completes what was on it.
//
// So every write is read before the pile it stands for is taken, and one write stands for one
// pile: a `posted`, the door and the loop are still there as long as a poster touches them, and
// nobody needs to join a thread before the loop may end.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/task.hpp>
#include <spry/io/posted.hpp>
#include <spry/io/unique_fd.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

namespace spry::io::detail {

class door {
public:
    /// Fails where the kernel gives no eventfd.
    static result<std::unique_ptr<door>> open(event_loop& loop);

    door(event_loop& loop, unique_fd fd) noexcept;
    door(const door&) = delete;
    door& operator=(const door&) = delete;
    ~door();

    /// On the loop's thread.
    void expect();
    /// From any thread.
    void post(posted& what) noexcept;

private:
    task<> serve();
    void complete_all(posted* pile) noexcept;

    event_loop& loop_;
    unique_fd fd_;
    std::atomic<posted*> top_{nullptr};
    std::size_t expected_ = 0;      // announced and not completed
    std::optional<task<>> service_; // runs while something is expected
};

} // namespace spry::io::detail
