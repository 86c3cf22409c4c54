// SPDX-License-Identifier: Apache-2.0
// The direct path. While one operation is pending nothing else can happen before it completes, so
// the thread may as well block in its system call: no registration, no readiness, no second call.
// That is why one connection costs no more than in a plain blocking program.
#include <spry/io/detail/direct_backend.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/attempt.hpp>
#include <spry/io/detail/epoll_backend.hpp>
#include <spry/io/detail/milliseconds.hpp>
#include <spry/io/detail/uring_backend.hpp>

#include <cerrno>
#include <utility>

#include <poll.h>

namespace spry::io::detail {

namespace {

// The waits of a function's start: for the first event, and for the acknowledgement of its answer.
// In the third it idles, and its first caller has been served: setting up a ring delays nobody.
constexpr int waits_before_ring = 2;

class direct_backend final : public backend {
public:
    /// For a ring of 0 operations it will not ask.
    explicit direct_backend(unsigned ring_operations) noexcept
        : ring_operations_(ring_operations), wants_ring_(ring_operations != 0) {}
    ~direct_backend() override { SPRY_ASSERT(pending() == 0); }

    std::string_view name() const noexcept override { return has_ring_ ? "uring" : "direct"; }
    bool is_final() const noexcept override { return !wants_ring_; }
    std::error_code refusal() const noexcept override {
        return refused_with_ == 0 ? std::error_code{}
                                  : std::error_code{refused_with_, std::system_category()};
    }
    time_point now() noexcept override { return clock::now(); }
    std::size_t pending() const noexcept override {
        return (alone_ != nullptr ? 1 : 0) + ended_.size() + (crowd_ ? crowd_->pending() : 0);
    }

    void submit(operation& op) noexcept override {
        if (has_ring_ || (crowd_ && crowd_->pending() > 0)) {
            crowd_->submit(op);
        } else if (alone_ != nullptr) {
            if (wants_ring_)
                try_ring();
            gather();
            crowd_->submit(op);
        } else if (op.fd < 0) { // closed, by us
            op.outcome = -EBADF;
            op.state = operation::progress::complete;
        } else if (op.follows_send || op.code == opcode::recv_all) {
            // What would be tried in vain, or what one blocking call does in full, waits for the
            // loop to have nothing else to do.
            alone_ = &op;
        } else if (attempt(op, blocking::no)) {
            op.state = operation::progress::complete;
        } else {
            alone_ = &op;
        }
    }

    void cancel(operation& op) noexcept override {
        if (&op != alone_) {
            crowd_->cancel(op);
            return;
        }
        alone_ = nullptr;
        end(op, cancelled_outcome);
    }

    void wait(std::optional<time_point> until,
              intrusive_queue<operation>& completed) noexcept override {
        if (wants_ring_ && alone_ != nullptr && ++waits_ > waits_before_ring) {
            try_ring();
            if (has_ring_)
                gather();
        }
        if (!ended_.empty()) {
            completed.append(ended_);
            until = time_point::min(); // nor may they keep the others from being seen
        }
        if (crowd_ && (has_ring_ || crowd_->pending() > 0)) {
            crowd_->wait(until, completed);
        } else if (alone_ != nullptr) {
            wait_alone(until, completed);
        } else {
            // Only timers are left. poll(2) is the sleep that a signal ends.
            ::poll(nullptr, 0, milliseconds_until(until, now()));
        }
    }

    void close(unique_fd& fd) noexcept override {
        SPRY_ASSERT(alone_ == nullptr || alone_->fd != fd.get());
        if (crowd_)
            return crowd_->close(fd);
        fd.reset();
    }

private:
    // Once. Where the kernel gives a good ring, it ends the direct path for good.
    void try_ring() noexcept {
        wants_ring_ = false;
        result<std::unique_ptr<backend>> ring =
            make_uring_backend(ring_requirement::deferred, ring_operations_);
        if (ring) {
            crowd_ = std::move(*ring);
            has_ring_ = true;
        } else {
            refused_with_ = ring.error().value();
        }
    }

    // Hands the one operation over, so that it can be pending beside others.
    void gather() noexcept {
        if (!crowd_)
            crowd_ = make_epoll_backend();
        operation& op = *std::exchange(alone_, nullptr);
        crowd_->submit(op);
        // Its awaiter has been suspended for long: a completion at once comes with the next wait.
        if (op.state == operation::progress::complete)
            end(op, op.outcome);
    }

    void wait_alone(std::optional<time_point> until,
                    intrusive_queue<operation>& completed) noexcept {
        operation& op = *alone_;
        while (!attempt(op, until ? blocking::no : blocking::yes)) {
            pollfd ready{op.fd, static_cast<short>(waits_to_write(op.code) ? POLLOUT : POLLIN), 0};
            const int count = ::poll(&ready, 1, milliseconds_until(until, now()));
            if (count <= 0 && until)
                return; // the time is over, or a signal came: the loop asks again
        }
        alone_ = nullptr;
        completed.push_back(op);
    }

    // Gives a kept operation its outcome; the next wait hands it over. From here on it cannot be
    // cancelled any more.
    void end(operation& op, std::int64_t outcome) noexcept {
        op.state = operation::progress::cancelling;
        op.outcome = outcome;
        ended_.push_back(op);
    }

    unsigned ring_operations_;
    bool wants_ring_;
    bool has_ring_ = false;
    int waits_ = 0;
    int refused_with_ = 0;       // an errno: the first std::error_code costs a start its category
    operation* alone_ = nullptr; // the one pending operation, if there is one
    intrusive_queue<operation> ended_; // the next wait hands them over
    std::unique_ptr<backend> crowd_;   // runs operations that are pending at the same time
};

} // namespace

std::unique_ptr<backend> make_direct_backend() {
    return std::make_unique<direct_backend>(0);
}
std::unique_ptr<backend> make_automatic_backend(unsigned operations_at_once) {
    return std::make_unique<direct_backend>(operations_at_once);
}

} // namespace spry::io::detail
