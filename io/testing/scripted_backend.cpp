// SPDX-License-Identifier: Apache-2.0
// Runs operations on a made-up network.
//
// 1. An operation is tried when it is submitted, and again in each round of a wait, until it is
//    over.
// 2. A wait goes through rounds as long as one of them gets anywhere. Then nothing is left but
//    time: it goes on to the next arrival or to the time the loop waits for, whichever comes first.
// 3. Whatever the script leaves to chance is drawn from its seed, in an order that depends on
//    nothing else. Descriptors' numbers and the machine's clock do not enter.
#include <spry/io/testing/scripted_backend.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/backend.hpp>
#include <spry/io/testing/detail/network.hpp>
#include <spry/io/testing/detail/stage.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace spry::io::testing {

namespace {

// A storm of EAGAIN is over after so many rounds of one wait.
constexpr int storm_rounds_max = 8;

// How much of a pending receive's buffer is filled with rubbish.
constexpr std::size_t rubbish_bytes_max = 4096;
constexpr std::byte rubbish{0xDB};

class scripted_backend final : public io::detail::backend {
public:
    scripted_backend(const script& how, record* into) noexcept
        : stage_(how, into), network_(stage_), begun_(stage_.now()) {}
    ~scripted_backend() override { SPRY_ASSERT(pending() == 0); }

    std::string_view name() const noexcept override { return "scripted"; }
    time_point now() noexcept override { return stage_.now(); }
    std::chrono::system_clock::time_point wall_time() noexcept override {
        const script& how = stage_.how();
        if (!how.wall_begins)
            return how.wall_clock();
        using duration = std::chrono::system_clock::duration;
        return *how.wall_begins + std::chrono::duration_cast<duration>(stage_.now() - begun_);
    }
    std::size_t pending() const noexcept override { return pending_.size() + ended_.size(); }

    void submit(operation& op) noexcept override {
        if (op.fd < 0) { // closed, by us
            op.outcome = -EBADF;
            op.state = operation::progress::complete;
            return;
        }
        std::ranges::fill(op.buffer.first(std::min(op.buffer.size(), rubbish_bytes_max)), rubbish);
        const bool waits = op.follows_send || stage_.strikes(stage_.how().faults.again);
        if (!waits && network_.attempt(op) == detail::progress::done) {
            op.state = operation::progress::complete;
        } else {
            pending_.push_back(&op);
        }
    }

    void cancel(operation& op) noexcept override {
        if (std::erase(pending_, &op) == 0)
            return; // it is on its way to its waiter
        const bool too_late = stage_.strikes(stage_.how().faults.reordered) &&
                              network_.attempt(op) == detail::progress::done;
        end(op, too_late ? op.outcome : cancelled_outcome);
    }

    void wait(std::optional<time_point> until,
              intrusive_queue<operation>& completed) noexcept override {
        if (++waits_ > stage_.how().waits_max)
            stage_.give_up("goes in circles");
        for (int rounds = 0;; ++rounds) {
            completed.append(ended_);
            const bool is_storm_over = rounds >= storm_rounds_max;
            const bool got_on = try_all(!is_storm_over, completed);
            if (!completed.empty())
                return;
            if (got_on)
                continue;
            if (until && *until <= stage_.now())
                return;
            std::optional<time_point> next = network_.next_arrival();
            if (until && (!next || *until < *next))
                next = until;
            if (next) {
                stage_.advance_to(*next);
            } else if (!network_.close_the_abandoned()) {
                stage_.give_up("waits for what cannot happen any more");
            }
            rounds = 0;
        }
    }

    void close(unique_fd& fd) noexcept override {
        SPRY_ASSERT(std::ranges::none_of(
            pending_, [&fd](const operation* each) { return each->fd == fd.get(); }));
        network_.close(fd.get());
        fd.reset();
    }

    int connect_blocking(int fd, const address& to) noexcept override {
        return network_.connect_blocking(fd, to);
    }
    int listen(int fd, int, address& at) noexcept override { return network_.listen(fd, at); }
    void shutdown(int fd, int how) noexcept override { network_.shutdown(fd, how); }

private:
    // One round. True where something moved without being over, or might have.
    bool try_all(bool may_storm, intrusive_queue<operation>& completed) {
        const faults& faults = stage_.how().faults;
        order_ = pending_;
        if (stage_.strikes(faults.reordered)) {
            for (std::size_t i = order_.size(); i > 1; --i)
                std::swap(order_[i - 1], order_[stage_.random().below(i)]);
        }
        bool got_on = false;
        for (operation* op : order_) {
            if (may_storm && stage_.strikes(faults.again)) {
                got_on = true;
                continue;
            }
            const detail::progress made = network_.attempt(*op);
            got_on = got_on || made == detail::progress::moved;
            if (made != detail::progress::done)
                continue;
            std::erase(pending_, op);
            // Over, but told later than what comes behind it.
            if (!completed.empty() && stage_.strikes(faults.reordered))
                end(*op, op->outcome);
            else
                completed.push_back(*op);
        }
        return got_on;
    }

    // Gives a kept operation its outcome; the next wait hands it over. From here on it cannot be
    // cancelled any more.
    void end(operation& op, std::int64_t outcome) noexcept {
        op.state = operation::progress::cancelling;
        op.outcome = outcome;
        ended_.push_back(op);
    }

    detail::stage stage_;
    detail::network network_;
    time_point begun_;
    std::vector<operation*> pending_; // in the order of submission
    std::vector<operation*> order_;   // of one round
    intrusive_queue<operation> ended_;
    std::uint64_t waits_ = 0;
};

} // namespace

std::unique_ptr<event_loop> make_scripted_loop(const script& how, record* into) {
    return std::make_unique<event_loop>(std::make_unique<scripted_backend>(how, into));
}

} // namespace spry::io::testing
