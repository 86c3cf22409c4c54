// SPDX-License-Identifier: Apache-2.0
#include <spry/io/event_loop.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/backend.hpp>
#include <spry/io/detail/direct_backend.hpp>
#include <spry/io/detail/door.hpp>
#include <spry/io/detail/epoll_backend.hpp>
#include <spry/io/detail/errno_result.hpp>
#include <spry/io/detail/timer_heap.hpp>
#include <spry/io/detail/uring_backend.hpp>

#include <cerrno>

#include <unistd.h>

namespace spry::io {

static_assert(cancelled_outcome == -ECANCELED);

namespace {

// A coroutine whose socket always has something, and coroutines that keep waking each other, must
// not keep all others waiting: after so many operations that completed at once the next one queues,
// and after so many turns without a wait the backend is asked what else has happened.
constexpr std::size_t completed_at_once_max = 64;
constexpr std::size_t turns_without_wait_max = 32;

// Of a call that gives 0 or an errno.
result<> errno_outcome(int error) noexcept {
    if (error != 0)
        return detail::errno_failure(error);
    return {};
}

} // namespace

std::error_code operation_error(std::int64_t outcome) noexcept {
    SPRY_ASSERT(outcome < 0);
    if (outcome == cancelled_outcome)
        return errc::cancelled;
    return {static_cast<int>(-outcome), std::system_category()};
}

void submit_operation(event_loop& loop, operation& op) noexcept {
    loop.submit(op);
}
void cancel_operation(event_loop& loop, operation& op) noexcept {
    loop.cancel(op);
}

void unique_fd::reset(int fd) noexcept {
    const int old = std::exchange(fd_, fd);
    // Linux has released the descriptor whatever close(2) returns.
    if (old >= 0)
        ::close(old);
}

result<backend_choice> parse_backend_choice(std::string_view name) noexcept {
    if (name.empty() || name == "auto")
        return backend_choice::automatic;
    if (name == "direct")
        return backend_choice::direct;
    if (name == "epoll")
        return backend_choice::epoll;
    if (name == "uring")
        return backend_choice::uring;
    return failure(std::errc::invalid_argument);
}

result<std::unique_ptr<event_loop>> event_loop::create(backend_choice choice,
                                                       unsigned operations_at_once) {
    SPRY_ASSERT(operations_at_once > 0);
    switch (choice) {
    case backend_choice::automatic:
        return std::make_unique<event_loop>(detail::make_automatic_backend(operations_at_once));
    case backend_choice::direct:
        return std::make_unique<event_loop>(detail::make_direct_backend());
    case backend_choice::epoll:
        return std::make_unique<event_loop>(detail::make_epoll_backend());
    case backend_choice::uring:
        break;
    }
    result<std::unique_ptr<detail::backend>> ring =
        detail::make_uring_backend(detail::ring_requirement::any, operations_at_once);
    if (!ring)
        return failure(ring.error());
    return std::make_unique<event_loop>(std::move(*ring));
}

event_loop::event_loop(std::unique_ptr<detail::backend> backend) : backend_(std::move(backend)) {}

event_loop::~event_loop() {
    SPRY_ASSERT(ready_.empty());
    SPRY_ASSERT(!timers_ || timers_->empty());
}

std::string_view event_loop::backend_name() const noexcept {
    return backend_->name();
}

bool event_loop::backend_is_final() const noexcept {
    return backend_->is_final();
}
std::error_code event_loop::backend_refusal() const noexcept {
    return backend_->refusal();
}

time_point event_loop::now() noexcept {
    if (!now_)
        now_ = backend_->now();
    return *now_;
}

std::chrono::system_clock::time_point event_loop::wall_time() noexcept {
    return backend_->wall_time();
}

io_awaiter<void> event_loop::yield() noexcept {
    // A sleep that has ended: it goes through the ready queue as every completion does.
    return io_awaiter<void>{*this, opcode::sleep, {}};
}

result<> event_loop::open_door() {
    if (door_)
        return {};
    result<std::unique_ptr<detail::door>> opened = detail::door::open(*this);
    if (!opened)
        return failure(opened.error());
    door_ = std::move(*opened);
    return {};
}

detail::door& event_loop::opened_door() noexcept {
    SPRY_ASSERT(door_ != nullptr);
    return *door_;
}

void event_loop::submit(operation& op) noexcept {
    SPRY_ASSERT(op.state == operation::progress::idle);
    op.state = operation::progress::pending;
    if (op.code == opcode::sleep) {
        if (op.deadline <= now()) {
            make_ready(op);
        } else {
            if (!timers_)
                timers_ = std::make_unique<detail::timer_heap>();
            timers_->push(op);
        }
    } else if (op.code != opcode::resume) {
        backend_->submit(op);
        if (op.state == operation::progress::complete) {
            if (++completed_at_once_ < completed_at_once_max)
                return;
            make_ready(op);
        }
    }
    op.since = now_.value_or(time_point{});
    op.next_pending = &pending_;
    op.previous_pending = pending_.previous_pending;
    op.previous_pending->next_pending = &op;
    pending_.previous_pending = &op;
}

void event_loop::cancel(operation& op) noexcept {
    if (op.state != operation::progress::pending)
        return;
    if (op.code == opcode::resume) {
        complete(op, cancelled_outcome);
    } else if (op.code == opcode::sleep) {
        timers_->remove(op);
        op.outcome = cancelled_outcome;
        make_ready(op);
    } else {
        op.state = operation::progress::cancelling;
        backend_->cancel(op);
    }
}

void event_loop::complete(operation& op, std::int64_t outcome) noexcept {
    SPRY_ASSERT(op.code == opcode::resume && op.state == operation::progress::pending);
    op.outcome = outcome;
    make_ready(op);
}

void event_loop::visit_pending(operation_visitor visit, void* argument) const noexcept {
    for (const pending_link* at = pending_.next_pending; at != &pending_; at = at->next_pending) {
        const auto& op = static_cast<const operation&>(*at);
        if (op.state != operation::progress::ready)
            visit(op, argument);
    }
}

void event_loop::close(unique_fd& fd) noexcept {
    if (fd)
        backend_->close(fd);
}

result<> event_loop::connect_blocking(const unique_fd& fd, const address& to) noexcept {
    return errno_outcome(backend_->connect_blocking(fd.get(), to));
}

result<> event_loop::listen(const unique_fd& fd, int backlog, address& at) noexcept {
    return errno_outcome(backend_->listen(fd.get(), backlog, at));
}

void event_loop::shutdown(const unique_fd& fd, int how) noexcept {
    if (fd)
        backend_->shutdown(fd.get(), how);
}

void event_loop::make_ready(operation& op) noexcept {
    op.state = operation::progress::ready;
    ready_.push_back(op);
}

void event_loop::turn() {
    now_.reset();
    if (ready_.empty() || ++turns_without_wait_ >= turns_without_wait_max)
        wait();
    if (timers_)
        end_sleeps();
    // What becomes ready meanwhile is for the next turn.
    for (std::size_t left = ready_.size(); left > 0; --left) {
        operation& op = *ready_.pop_front();
        op.state = operation::progress::complete;
        op.previous_pending->next_pending = op.next_pending;
        op.next_pending->previous_pending = op.previous_pending;
        if (op.waiter)
            op.waiter.handle().resume();
    }
}

void event_loop::wait() {
    std::optional<time_point> until;
    if (!ready_.empty()) {
        until = time_point::min();
    } else if (timers_ && !timers_->empty()) {
        until = timers_->earliest().deadline;
    }
    SPRY_ASSERT(until || backend_->pending() > 0);

    // With coroutines to resume and nothing pending there is nothing to ask.
    if (ready_.empty() || backend_->pending() > 0) {
        intrusive_queue<operation> completed;
        backend_->wait(until, completed);
        for (operation* op = completed.front(); op != nullptr; op = completed.next(*op))
            op->state = operation::progress::ready;
        ready_.append(completed);
    }
    now_.reset();
    completed_at_once_ = 0;
    turns_without_wait_ = 0;
}

void event_loop::end_sleeps() {
    while (!timers_->empty() && timers_->earliest().deadline <= now()) {
        operation& timer = timers_->earliest();
        timers_->remove(timer);
        make_ready(timer);
    }
}

} // namespace spry::io
