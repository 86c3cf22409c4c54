// SPDX-License-Identifier: Apache-2.0
// event_loop: runs coroutines on one thread and gives their operations to a backend.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/io/operation.hpp>
#include <spry/io/unique_fd.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace spry::io {

class address;

namespace detail {
class backend;
class door;
class timer_heap;
} // namespace detail

/// Which backend a loop uses, as `SPRY_IO` names it.
enum class backend_choice {
    automatic, ///< the best one that the kernel allows
    direct,    ///< epoll, but blocking in the call itself while exactly one operation is pending
    epoll,     ///< epoll always
    uring,     ///< io_uring
};

/// "auto", "direct", "epoll" or "uring"; an empty name is "auto". Fails with
/// std::errc::invalid_argument.
result<backend_choice> parse_backend_choice(std::string_view name) noexcept;

/// One thread's loop. Work runs when `run` is called and only then:
///
/// 1. Coroutines whose operations have completed are resumed, in the order of completion, from the
/// loop's own stack frame:
///    never inside a submit, a cancel or another coroutine.
/// 2. When none is left, the backend waits for the next completion or the next timer.
///
/// Time stands still while coroutines run (`now`), so that what they compute from it is consistent
/// and a simulation is deterministic.
class event_loop {
public:
    /// Fails where the kernel refuses the chosen backend, or where this build lacks it.
    /// `operations_at_once`, 1 at least, is how many are to be submitted between two waits as a
    /// rule: a ring has room for so many, within reason, so that one system call submits them.
    static result<std::unique_ptr<event_loop>> create(backend_choice choice,
                                                      unsigned operations_at_once = 1);

    explicit event_loop(std::unique_ptr<detail::backend> backend);
    event_loop(const event_loop&) = delete;
    event_loop& operator=(const event_loop&) = delete;
    ~event_loop();

    /// "direct", "epoll", "uring" or "scripted": what runs operations. With `automatic` it may
    /// change once, while `backend_is_final` is false.
    std::string_view backend_name() const noexcept;
    bool backend_is_final() const noexcept;
    /// Why `automatic` did not get a ring, or no error.
    std::error_code backend_refusal() const noexcept;

    /// Runs `main` to its end, and everything else on the loop while it lasts. Returns its value or
    /// throws its exception. Asserts that there is something to wait for: a loop that nothing can
    /// wake is a bug in the program.
    template <class T>
    T run(task<T> main) {
        main.start();
        while (!main.done())
            turn();
        return std::move(main).result();
    }

    /// The time of this turn.
    time_point now() noexcept;
    /// The wall clock at this moment: it goes on while the process is frozen, and may be set.
    std::chrono::system_clock::time_point wall_time() noexcept;

    /// Suspends until the time has come; `errc::cancelled` when stopped before.
    struct [[nodiscard]] sleep_awaiter : io_awaiter<void> {
        sleep_awaiter(event_loop& loop, time_point when, stop_token stop) noexcept
            : io_awaiter(loop, opcode::sleep, stop) {
            record().deadline = when;
        }
    };
    sleep_awaiter sleep_until(time_point when, stop_token stop = {}) noexcept {
        return sleep_awaiter{*this, when, stop};
    }
    sleep_awaiter sleep_for(clock::duration duration, stop_token stop = {}) noexcept {
        return sleep_awaiter{*this, now() + duration, stop};
    }

    /// Suspends and lets everything else that is ready run first.
    io_awaiter<void> yield() noexcept;

    /// Lets other threads wake coroutines on this loop, see `posted`; nothing where that is so
    /// already. Fails where the kernel gives no descriptor.
    result<> open_door();

    // For awaiters and what is built on them.

    detail::door& opened_door() noexcept;

    /// Starts the operation; see `operation` for how long it and its buffers must live.
    void submit(operation& op) noexcept;
    /// Asks for the end of a pending operation; its completion still arrives.
    void cancel(operation& op) noexcept;
    /// Completes a pending `opcode::resume` operation; its waiter is resumed from the loop.
    void complete(operation& op, std::int64_t outcome = 0) noexcept;
    /// Closes a descriptor on which operations have run; none is pending.
    void close(unique_fd& fd) noexcept;
    /// Gives `visit` each operation that has been submitted and has no outcome yet, in that order:
    /// for reports.
    void visit_pending(operation_visitor visit, void* argument) const noexcept;
    /// Connects a fresh socket, blocking the thread; the error of connect(2).
    result<> connect_blocking(const unique_fd& fd, const address& to) noexcept;
    /// Binds a fresh socket and listens; `at` becomes the address it got. The error of bind(2).
    result<> listen(const unique_fd& fd, int backlog, address& at) noexcept;
    /// shutdown(2), with its `how`; nothing where the descriptor is closed.
    void shutdown(const unique_fd& fd, int how) noexcept;

private:
    void turn();
    void wait();
    void end_sleeps();
    void make_ready(operation& op) noexcept;

    std::unique_ptr<detail::backend> backend_;
    std::unique_ptr<detail::timer_heap> timers_; // made with the first sleep
    intrusive_queue<operation> ready_;
    pending_link pending_{&pending_, &pending_}; // a ring of all that is not complete
    std::optional<time_point> now_;
    std::size_t completed_at_once_ = 0; // since the last wait
    std::size_t turns_without_wait_ = 0;
    std::unique_ptr<detail::door> door_; // dies first: it closes its descriptor through the backend
};

} // namespace spry::io
