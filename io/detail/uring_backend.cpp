// SPDX-License-Identifier: Apache-2.0
// io_uring: submit fills a queue entry, and the wait that follows enters the kernel once for all of
// them.
//
// 1. A connected socket's operation is one entry. What came back short (a send, a receive of
//    everything) is entered again for the rest.
// 2. Other descriptors are O_NONBLOCK: they are tried by system call, and the ring only waits for
//    them (POLL_ADD).
// 3. A small send needs no completion of its own: it is entered so that it either succeeds within
//    the submission, in silence, or fails at once and says so. Whoever enters a send and the
//    receive behind it then wakes once, for the receive, and not a second time for the send.
// 4. A cancellation is an entry too; the operation's own completion follows it.
// 5. The receive behind a send stays armed from one message to the next
//    (uring_standing_receive.hpp).
#include <spry/io/detail/uring_backend.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/attempt.hpp>
#include <spry/io/detail/errno_result.hpp>
#include <spry/io/detail/uring_standing_receive.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace spry::io::detail {

namespace {

// An entry costs 96 bytes of the kernel's and 104 of ours. Beyond so many, the further call for
// those that found no room is nothing beside the work that they are.
constexpr unsigned entries_min = 8;
constexpr unsigned entries_max = 256;

unsigned entries_for(unsigned operations_at_once) noexcept {
    return std::bit_ceil(std::clamp(operations_at_once, entries_min, entries_max));
}

// A send up to this size fits into an idle socket's buffer, whose default is far larger.
constexpr std::size_t silent_send_bytes_max = 16 * 1024;

// FAST_POLL: a socket that is not ready costs no kernel thread. NODROP: a completion is never lost.
// SINGLE_MMAP: one mapping for both queues; present wherever the other two are.
constexpr unsigned features_required =
    IORING_FEAT_FAST_POLL | IORING_FEAT_NODROP | IORING_FEAT_SINGLE_MMAP;

std::size_t bytes_in(const send_parts& parts) noexcept {
    return parts[0].size() + parts[1].size() + parts[2].size();
}

class uring_backend final : public backend {
public:
    explicit uring_backend(unsigned operations_at_once)
        : entries_(entries_for(operations_at_once)),
          messages_(std::make_unique_for_overwrite<message_slot[]>(entries_)) {}
    ~uring_backend() override {
        SPRY_ASSERT(pending_ == 0);
        if (!is_open_)
            return;
        standing_.close();
        ::io_uring_queue_exit(&ring_);
    }

    result<> open(ring_requirement requirement) noexcept {
        int opened = open_with(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                               IORING_SETUP_NO_SQARRAY);
        if (opened == -EINVAL)
            opened = open_with(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
        if (opened == -EINVAL && requirement == ring_requirement::any)
            opened = open_with(IORING_SETUP_COOP_TASKRUN);
        if (opened == -EINVAL && requirement == ring_requirement::any)
            opened = open_with(0);
        if (opened != 0)
            return errno_failure(-opened);
        is_open_ = true;
        if ((ring_.features & features_required) != features_required)
            return failure(std::errc::not_supported);
        return prove();
    }

    std::string_view name() const noexcept override { return "uring"; }
    time_point now() noexcept override { return clock::now(); }
    std::size_t pending() const noexcept override { return pending_; }

    void submit(operation& op) noexcept override {
        ++pending_;
        if (!is_socket_transfer(op.code) && attempt(op, blocking::no)) {
            --pending_;
            op.state = operation::progress::complete;
            return;
        }
        enter(op, true);
    }

    void cancel(operation& op) noexcept override {
        // A silent send is over with the next entry, whatever anybody wants.
        if (op.is_linked())
            return;
        io_uring_sqe* sqe = next_entry();
        if (standing_.receives_for(op)) {
            standing_.prepare_cancel(*sqe);
        } else {
            ::io_uring_prep_cancel(sqe, &op, 0);
            ::io_uring_sqe_set_data(sqe, nullptr);
        }
    }

    void wait(std::optional<time_point> until,
              intrusive_queue<operation>& completed) noexcept override {
        if (until && *until <= now()) {
            // With DEFER_TASKRUN completions arrive only when they are asked for.
            check_entered(::io_uring_submit_and_get_events(&ring_));
        } else {
            wait_for(silent_send_is_awaited() ? 0 : 1, until);
        }
        collect(completed);
    }

    void close(unique_fd& fd) noexcept override {
        if (!standing_.holds(fd.get()))
            return fd.reset();
        // Both in one call, and at once: the standing receive would keep the connection open.
        standing_.prepare_cancel(*next_entry());
        standing_.forget();
        io_uring_sqe* sqe = next_entry();
        ::io_uring_prep_close(sqe, fd.release());
        ::io_uring_sqe_set_data(sqe, nullptr);
        check_entered(::io_uring_submit_and_get_events(&ring_));
        skip_nobodys();
    }

private:
    static bool is_socket_transfer(opcode code) noexcept {
        return code == opcode::recv || code == opcode::recv_all || code == opcode::send;
    }

    int open_with(unsigned flags) noexcept {
        io_uring_params parameters{};
        parameters.flags = flags;
        return ::io_uring_queue_init_params(entries_, &ring_, &parameters);
    }

    // Set-up alone proves little: a filter may allow it and refuse the entry.
    result<> prove() noexcept {
        ::io_uring_prep_nop(::io_uring_get_sqe(&ring_));
        const int submitted = ::io_uring_submit_and_wait(&ring_, 1);
        if (submitted < 0)
            return errno_failure(-submitted);
        io_uring_cqe* done = nullptr;
        if (submitted != 1 || ::io_uring_peek_cqe(&ring_, &done) != 0 || done->res != 0)
            return failure(std::errc::not_supported);
        ::io_uring_cqe_seen(&ring_, done);
        return {};
    }

    io_uring_sqe* next_entry() noexcept {
        io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
        if (sqe == nullptr) {
            // Full: hand over what is there.
            ::io_uring_submit(&ring_);
            sqe = ::io_uring_get_sqe(&ring_);
        }
        SPRY_ASSERT(sqe != nullptr);
        return sqe;
    }

    // A silent send ends with the submission, and nothing will wake whoever awaits it alone.
    bool silent_send_is_awaited() noexcept {
        for (operation* op = silent_.front(); op != nullptr; op = silent_.next(*op)) {
            if (op->waiter)
                return true;
        }
        return !silent_.empty() && pending_ == silent_.size();
    }

    void enter(operation& op, bool is_first_time) noexcept {
        if (op.code == opcode::recv && op.follows_send && standing_.take(op)) {
            if (standing_.wants_entry())
                standing_.prepare(*next_entry());
            return;
        }
        io_uring_sqe* sqe = next_entry();
        switch (op.code) {
        case opcode::recv:
            ::io_uring_prep_recv(sqe, op.fd, op.buffer.data(), op.buffer.size(), 0);
            // The answer to what was just sent is not there yet: wait first, then receive.
            if (op.follows_send)
                sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
            break;
        case opcode::recv_all: {
            const std::span<std::byte> rest = op.buffer.subspan(op.transferred);
            ::io_uring_prep_recv(sqe, op.fd, rest.data(), rest.size(), MSG_WAITALL);
            break;
        }
        case opcode::send:
            prepare_send(sqe, op, is_first_time);
            break;
        default:
            ::io_uring_prep_poll_add(sqe, op.fd, waits_to_write(op.code) ? POLLOUT : POLLIN);
            break;
        }
        ::io_uring_sqe_set_data(sqe, &op);
    }

    void prepare_send(io_uring_sqe* sqe, operation& op, bool may_be_silent) noexcept {
        const std::size_t bytes = bytes_in(op.parts);
        std::size_t vectors = 0;
        // An entry's own, as it is not reused before it has been submitted, and then the kernel has
        // read both (SUBMIT_STABLE).
        message_slot& slot = messages_[static_cast<std::size_t>(sqe - ring_.sq.sqes)];
        slot.vectors[0] = {}; // an empty send has no part, and no address that the kernel refuses
        for (const std::span<const std::byte> part : op.parts) {
            if (part.empty())
                continue;
            // The kernel's structure serves both directions and so has no const.
            slot.vectors[vectors++] = {const_cast<std::byte*>(part.data()), part.size()};
        }
        const bool is_silent = may_be_silent && (ring_.features & IORING_FEAT_CQE_SKIP) != 0 &&
                               bytes <= silent_send_bytes_max;
        const int flags = MSG_NOSIGNAL | MSG_WAITALL | (is_silent ? MSG_DONTWAIT : 0);
        if (vectors <= 1) {
            ::io_uring_prep_send(sqe, op.fd, slot.vectors[0].iov_base, bytes, flags);
        } else {
            slot.message = {};
            slot.message.msg_iov = slot.vectors.data();
            slot.message.msg_iovlen = static_cast<decltype(slot.message.msg_iovlen)>(vectors);
            ::io_uring_prep_sendmsg(sqe, op.fd, &slot.message, static_cast<unsigned>(flags));
        }
        if (is_silent) {
            sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
            silent_.push_back(op);
        }
    }

    void wait_for(unsigned wanted, std::optional<time_point> until) noexcept {
        if (!until) {
            check_entered(::io_uring_submit_and_wait(&ring_, wanted));
            return;
        }
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(*until - now());
        __kernel_timespec timeout{};
        timeout.tv_sec = left.count() / 1'000'000'000;
        timeout.tv_nsec = left.count() % 1'000'000'000;
        io_uring_cqe* first = nullptr;
        check_entered(
            ::io_uring_submit_and_wait_timeout(&ring_, &first, wanted, &timeout, nullptr));
    }

    // The end of the time, a signal and a passing shortage are no completion; the loop asks again.
    // Anything else would be asked for ever: another thread or a forked process uses the ring.
    static void check_entered(int entered) noexcept {
        SPRY_ASSERT(entered >= 0 || entered == -ETIME || entered == -EINTR || entered == -EAGAIN ||
                    entered == -EBUSY);
    }

    void collect(intrusive_queue<operation>& completed) noexcept {
        // What is still in the submission queue was not entered: a signal came first.
        const bool all_entered = ::io_uring_sq_ready(&ring_) == 0;
        collect_queue(completed);
        // Completions that found the queue full wait in the kernel, those of sends among them.
        while (::io_uring_cq_has_overflow(&ring_)) {
            check_entered(::io_uring_get_events(&ring_));
            collect_queue(completed);
        }
        if (!all_entered)
            return;
        // Every send that failed has spoken by now: the others have succeeded.
        while (operation* sent = silent_.pop_front())
            finish(*sent, static_cast<std::int64_t>(bytes_in(sent->parts)), completed);
    }

    // Completions of which nobody has to hear, in front of the queue: they would end the next wait.
    void skip_nobodys() noexcept {
        unsigned head = 0;
        unsigned seen = 0;
        io_uring_cqe* entry = nullptr;
        io_uring_for_each_cqe(&ring_, head, entry) {
            if (standing_receive::is_from_here(*entry))
                (void)standing_.completed(*entry); // forgotten, but for its buffer
            else if (io_uring_cqe_get_data(entry) != nullptr)
                break;
            ++seen;
        }
        ::io_uring_cq_advance(&ring_, seen);
    }

    void collect_queue(intrusive_queue<operation>& completed) noexcept {
        unsigned head = 0;
        unsigned seen = 0;
        io_uring_cqe* entry = nullptr;
        io_uring_for_each_cqe(&ring_, head, entry) {
            ++seen;
            if (standing_receive::is_from_here(*entry)) {
                const auto [op, outcome] = standing_.completed(*entry);
                if (op != nullptr)
                    completion_of(*op, outcome, completed);
                continue;
            }
            auto* op = static_cast<operation*>(::io_uring_cqe_get_data(entry));
            if (op != nullptr)
                completion_of(*op, entry->res, completed);
        }
        ::io_uring_cq_advance(&ring_, seen);
    }

    void completion_of(operation& op, int outcome, intrusive_queue<operation>& completed) noexcept {
        if (op.is_linked())
            silent_.remove(op);
        if (outcome < 0 && outcome != -EINTR && outcome != -EAGAIN) {
            if (op.code == opcode::send && standing_.holds(op.fd))
                standing_.prepare_cancel(*next_entry());
            return finish(op, outcome, completed);
        }
        switch (op.code) {
        case opcode::recv:
            if (outcome >= 0)
                return finish(op, outcome, completed);
            break;
        case opcode::recv_all:
            if (outcome > 0)
                op.transferred += static_cast<std::size_t>(outcome);
            if (outcome == 0 || op.transferred == op.buffer.size())
                return finish(op, static_cast<std::int64_t>(op.transferred), completed);
            break;
        case opcode::send:
            if (outcome > 0) {
                op.transferred += static_cast<std::size_t>(outcome);
                drop_sent(op.parts, static_cast<std::size_t>(outcome));
            }
            if (bytes_in(op.parts) == 0)
                return finish(op, static_cast<std::int64_t>(op.transferred), completed);
            break;
        default:
            if (outcome >= 0 && attempt(op, blocking::no))
                return finish(op, op.outcome, completed);
            break;
        }
        // There is more to do: short, interrupted, or (a silent send) it would have had to wait.
        if (op.state == operation::progress::cancelling)
            return finish(op, cancelled_outcome, completed);
        enter(op, false);
    }

    void finish(operation& op, std::int64_t outcome,
                intrusive_queue<operation>& completed) noexcept {
        op.outcome = outcome;
        --pending_;
        completed.push_back(op);
    }

    // The header of a gathered send and its vectors, which must last until the entry has been
    // submitted.
    struct message_slot {
        msghdr message;
        std::array<iovec, std::tuple_size_v<send_parts>> vectors;
    };

    unsigned entries_;
    io_uring ring_{};
    bool is_open_ = false;
    standing_receive standing_{ring_};
    std::size_t pending_ = 0;
    intrusive_queue<operation> silent_; // entered, and complete unless the kernel says otherwise
    std::unique_ptr<message_slot[]> messages_; // one for each entry
};

} // namespace

result<std::unique_ptr<backend>> make_uring_backend(ring_requirement requirement,
                                                    unsigned operations_at_once) {
    auto ring = std::make_unique<uring_backend>(operations_at_once);
    const result<> opened = ring->open(requirement);
    if (!opened)
        return failure(opened.error());
    return std::unique_ptr<backend>{std::move(ring)};
}

} // namespace spry::io::detail
