// SPDX-License-Identifier: Apache-2.0
// Readiness by epoll, and the direct path that does without it.
//
// Descriptors are registered once, edge-triggered, for both directions. An edge is an event and not
// a state, so each descriptor remembers what it has been told and not yet used up:
//
// 1. An edge sets `readable` or `writable`; waiting operations are tried, and what is left over is
// remembered.
// 2. EAGAIN clears the flag. So does a receive that got less than it asked for: whatever comes
// later makes a new edge.
//    The end of a stream makes one edge only and could come together with the last bytes; once it
//    is announced, `hung_up` stays set and every later receive is tried at once.
// 3. An operation is tried when it is submitted, unless it is a receive behind our own send: the
// answer cannot be there,
//    and the attempt would be a system call for nothing.
#include <spry/io/detail/epoll_backend.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/attempt.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace spry::io::detail {

namespace {

/// What is known of one descriptor.
struct descriptor_state {
    intrusive_queue<operation> readers;
    intrusive_queue<operation> writers;
    bool registered = false;
    bool readable = false;
    bool writable = false;
    bool hung_up = false;
};

// Milliseconds until a time, rounded up so that a wait never ends before it; -1 for none.
int milliseconds_until(std::optional<time_point> until, time_point now) noexcept {
    if (!until)
        return -1;
    if (*until <= now)
        return 0;
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(*until - now).count();
    return static_cast<int>(std::min<std::int64_t>(rounded, INT_MAX));
}

class epoll_backend final : public backend {
public:
    explicit epoll_backend(bool block_in_call) noexcept : block_in_call_(block_in_call) {}

    ~epoll_backend() override {
        SPRY_ASSERT(pending() == 0);
        if (epoll_fd_ >= 0)
            ::close(epoll_fd_);
    }

    std::string_view name() const noexcept override { return block_in_call_ ? "direct" : "epoll"; }
    time_point now() noexcept override { return clock::now(); }
    std::size_t pending() const noexcept override { return pending_; }

    void submit(operation& op) noexcept override {
        if (op.fd < 0) { // closed, by us
            op.outcome = -EBADF;
            op.state = operation::progress::complete;
            return;
        }
        const bool can_stay_alone = block_in_call_ && pending_ == 0;
        // What would be tried in vain, or what one blocking call does in full, waits for the loop
        // to have nothing else to do.
        if (can_stay_alone && (op.follows_send || op.code == opcode::recv_all)) {
            keep_alone(op);
            return;
        }
        if (!can_stay_alone && op.follows_send && !may_be_readable(op.fd)) {
            queue(op);
            return;
        }
        if (attempt(op, blocking::no)) {
            op.state = operation::progress::complete;
            note_short_receive(op);
            return;
        }
        if (descriptor_state* known = find(op.fd))
            flag(*known, op.code) = false;
        if (can_stay_alone) {
            keep_alone(op);
        } else {
            queue(op);
        }
    }

    void cancel(operation& op) noexcept override {
        if (&op == alone_) {
            alone_ = nullptr;
        } else {
            waiting(*find(op.fd), op.code).remove(op);
        }
        end(op, cancelled_outcome);
    }

    void wait(std::optional<time_point> until,
              intrusive_queue<operation>& completed) noexcept override {
        if (alone_ != nullptr && !until) {
            run_alone(completed);
            return;
        }
        if (alone_ != nullptr)
            queue_alone();
        if (!ended_.empty()) {
            pending_ -= ended_.size();
            completed.append(ended_);
            if (pending_ == 0)
                return;
            until = time_point::min(); // nor may the ended ones keep the others from being seen
        }
        if (pending_ == 0) {
            // Only timers are left. poll(2) is the sleep that a signal ends.
            ::poll(nullptr, 0, milliseconds_until(until, now()));
            return;
        }
        wait_for_edges(until, completed);
    }

    void forget(int fd) noexcept override {
        SPRY_ASSERT(alone_ == nullptr || alone_->fd != fd);
        descriptor_state* known = find(fd);
        if (known == nullptr)
            return;
        SPRY_ASSERT(known->readers.empty() && known->writers.empty());
        // Closing takes the descriptor out of the epoll set; only our memory of it is left.
        known->registered = known->readable = known->writable = known->hung_up = false;
    }

private:
    static intrusive_queue<operation>& waiting(descriptor_state& known, opcode code) noexcept {
        return waits_to_write(code) ? known.writers : known.readers;
    }
    static bool& flag(descriptor_state& known, opcode code) noexcept {
        return waits_to_write(code) ? known.writable : known.readable;
    }

    descriptor_state* find(int fd) const noexcept {
        const auto index = static_cast<std::size_t>(fd);
        return index < descriptors_.size() ? descriptors_[index].get() : nullptr;
    }

    bool may_be_readable(int fd) const noexcept {
        const descriptor_state* known = find(fd);
        return known != nullptr && (known->readable || known->hung_up);
    }

    void note_short_receive(const operation& op) noexcept {
        if (op.code != opcode::recv || op.outcome >= static_cast<std::int64_t>(op.buffer.size()))
            return;
        if (descriptor_state* known = find(op.fd))
            known->readable = false;
    }

    void keep_alone(operation& op) noexcept {
        alone_ = &op;
        ++pending_;
    }

    // The direct path: nothing else can happen before this operation completes, so the thread
    // blocks in its call.
    void run_alone(intrusive_queue<operation>& completed) noexcept {
        operation& op = *alone_;
        while (!attempt(op, blocking::yes)) {
            pollfd ready{op.fd, static_cast<short>(waits_to_write(op.code) ? POLLOUT : POLLIN), 0};
            // An interrupted wait leads to an attempt too many, no more.
            ::poll(&ready, 1, -1);
        }
        alone_ = nullptr;
        --pending_;
        completed.push_back(op);
    }

    void queue_alone() noexcept {
        operation& op = *alone_;
        alone_ = nullptr;
        --pending_;
        queue(op);
    }

    void queue(operation& op) noexcept {
        // A second operation ends the direct path for the first.
        if (alone_ != nullptr)
            queue_alone();
        ++pending_;
        if (const int error = watch(op.fd); error != 0) {
            end(op, -error);
            return;
        }
        waiting(*find(op.fd), op.code).push_back(op);
    }

    // Gives a kept operation its outcome; the next wait hands it over. From here on it cannot be
    // cancelled any more.
    void end(operation& op, std::int64_t outcome) noexcept {
        op.state = operation::progress::cancelling;
        op.outcome = outcome;
        ended_.push_back(op);
    }

    // Has the descriptor's edges reported, and returns 0; or the errno why the kernel does not: out
    // of descriptors or of watches, or nothing that can be waited for.
    int watch(int fd) noexcept {
        const auto index = static_cast<std::size_t>(fd);
        if (index >= descriptors_.size())
            descriptors_.resize(index + 1);
        if (!descriptors_[index])
            descriptors_[index] = std::make_unique<descriptor_state>();
        descriptor_state& known = *descriptors_[index];
        if (known.registered)
            return 0;

        if (epoll_fd_ < 0)
            epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
        if (epoll_fd_ < 0)
            return errno;
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.fd = fd;
        // If the descriptor is ready already, the registration itself makes the first edge.
        if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0)
            return errno;
        known.registered = true;
        return 0;
    }

    void wait_for_edges(std::optional<time_point> until,
                        intrusive_queue<operation>& completed) noexcept {
        std::array<epoll_event, 64> events;
        const int timeout = until ? milliseconds_until(until, now()) : -1;
        const int count =
            ::epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), timeout);
        for (int i = 0; i < count; ++i) {
            const std::uint32_t edge = events[static_cast<std::size_t>(i)].events;
            descriptor_state& known = *find(events[static_cast<std::size_t>(i)].data.fd);
            if ((edge & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
                known.hung_up = true;
            if ((edge & ~std::uint32_t{EPOLLOUT}) != 0)
                known.readable = true;
            if ((edge & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
                known.writable = true;
            run_ready(known.readers, known.readable, completed);
            run_ready(known.writers, known.writable, completed);
        }
    }

    void run_ready(intrusive_queue<operation>& queue, bool& ready,
                   intrusive_queue<operation>& completed) noexcept {
        while (ready && !queue.empty()) {
            operation& op = *queue.front();
            if (!attempt(op, blocking::no)) {
                ready = false;
                return;
            }
            queue.remove(op);
            --pending_;
            completed.push_back(op);
            note_short_receive(op);
        }
    }

    const bool block_in_call_;
    int epoll_fd_ = -1; // made with the first operation that needs it
    std::size_t pending_ = 0;
    operation* alone_ = nullptr;       // the one pending operation of the direct path
    intrusive_queue<operation> ended_; // cancelled or failed; the next wait hands them over
    std::vector<std::unique_ptr<descriptor_state>> descriptors_; // by descriptor number
};

} // namespace

std::unique_ptr<backend> make_epoll_backend(bool block_in_call) {
    return std::make_unique<epoll_backend>(block_in_call);
}

} // namespace spry::io::detail
