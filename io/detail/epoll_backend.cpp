// SPDX-License-Identifier: Apache-2.0
// Readiness by epoll.
//
// Descriptors are registered once, edge-triggered, for both directions. An edge is an event and not
// a state, so each descriptor remembers what it has been told and not yet used up:
//
// 1. An edge sets `readable` or `writable`. Waiting operations are tried; what is left is
//    remembered.
// 2. EAGAIN clears the flag. So does a receive that got less than it asked for: whatever comes
//    later makes a new edge. The end of a stream makes one edge only, which could come together
//    with the last bytes; once it is announced, `hung_up` stays set and every later receive is
//    tried at once.
// 3. An operation is tried when it is submitted, unless it is a receive behind our own send: the
//    answer cannot be there, and the attempt would be a system call for nothing.
#include <spry/io/detail/epoll_backend.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/attempt.hpp>
#include <spry/io/detail/milliseconds.hpp>

#include <array>
#include <cerrno>
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

class epoll_backend final : public backend {
public:
    ~epoll_backend() override {
        SPRY_ASSERT(pending() == 0);
        if (epoll_fd_ >= 0)
            ::close(epoll_fd_);
    }

    std::string_view name() const noexcept override { return "epoll"; }
    time_point now() noexcept override { return clock::now(); }
    std::size_t pending() const noexcept override { return pending_; }

    void submit(operation& op) noexcept override {
        if (op.fd < 0) { // closed, by us
            op.outcome = -EBADF;
            op.state = operation::progress::complete;
            return;
        }
        if (op.follows_send && !may_be_readable(op.fd)) {
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
        queue(op);
    }

    void cancel(operation& op) noexcept override {
        waiting(*find(op.fd), op.code).remove(op);
        end(op, cancelled_outcome);
    }

    void wait(std::optional<time_point> until,
              intrusive_queue<operation>& completed) noexcept override {
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

    void close(unique_fd& fd) noexcept override {
        if (descriptor_state* known = find(fd.get())) {
            SPRY_ASSERT(known->readers.empty() && known->writers.empty());
            // Closing takes the descriptor out of the epoll set; only our memory of it is left.
            known->registered = known->readable = known->writable = known->hung_up = false;
        }
        fd.reset();
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

    void queue(operation& op) noexcept {
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

    int epoll_fd_ = -1; // made with the first operation that needs it
    std::size_t pending_ = 0;
    intrusive_queue<operation> ended_; // cancelled or failed; the next wait hands them over
    std::vector<std::unique_ptr<descriptor_state>> descriptors_; // by descriptor number
};

} // namespace

std::unique_ptr<backend> make_epoll_backend() {
    return std::make_unique<epoll_backend>();
}

} // namespace spry::io::detail
