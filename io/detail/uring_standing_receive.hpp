// SPDX-License-Identifier: Apache-2.0
// standing_receive: the receive that a ring keeps armed from one message to the next.
#pragma once

#include <spry/io/operation.hpp>

#include <cstdint>

#include <liburing.h>

namespace spry::io::detail {

/// A receive that waits in a ring is armed as a poll, and disarmed with each message. Where one
/// connection carries message after message, as a function's does, it stays armed instead
/// (io_uring_prep_recv_multishot(3)), and each receive only hands out its buffer, by a ring of one
/// (io_uring_setup_buf_ring(3)). Bytes that come while nobody receives stay in the socket: there is
/// no buffer for them then, which ends the standing receive, and the next one arms it again.
///
/// It is told of what happens, not of what is: a stream that ended in the same moment as its last
/// bytes came, and not by the peer's orderly end, of which the kernel tells, is not seen again. So
/// a send that fails ends it (a reset), and it is not used once the process has been asked to end,
/// which shuts sockets down (io/termination.hpp).
///
/// It belongs to one descriptor at a time; other receives are entered as they always were, and all
/// are where the kernel knows no standing receive, or none that survives a message.
class standing_receive {
public:
    explicit standing_receive(io_uring& ring) noexcept : ring_(ring) {}
    standing_receive(const standing_receive&) = delete;
    standing_receive& operator=(const standing_receive&) = delete;

    /// Before the ring ends.
    void close() noexcept;

    /// True if it receives for this operation, a recv: its buffer is handed out, and where
    /// `wants_entry` says so, an entry is still to be prepared.
    bool take(operation& op) noexcept;
    bool wants_entry() const noexcept { return !is_armed_; }
    void prepare(io_uring_sqe& entry) noexcept;

    bool receives_for(const operation& op) const noexcept { return waiting_ == &op; }
    /// Ends it; the operation that it receives for, if there is one, completes as cancelled.
    void prepare_cancel(io_uring_sqe& entry) const noexcept;

    /// True if it holds the descriptor, which would otherwise outlive its close.
    bool holds(int fd) const noexcept { return is_armed_ && fd_ == fd; }
    /// It has been cancelled, and what it still says is of no interest.
    void forget() noexcept;

    struct completion {
        operation* op = nullptr; ///< or null: nobody waited
        int outcome = 0;         ///< -EAGAIN: nothing has happened to it, it is to be entered again
    };
    static bool is_from_here(const io_uring_cqe& entry) noexcept {
        return (entry.user_data & tag) != 0;
    }
    completion completed(const io_uring_cqe& entry) noexcept;

private:
    // Operations have even addresses.
    static constexpr std::uint64_t tag = 1;
    std::uint64_t user_data() const noexcept { return generation_ << 1 | tag; }
    bool open() noexcept;

    io_uring& ring_;
    io_uring_buf_ring* buffers_ = nullptr;
    operation* waiting_ = nullptr;
    std::uint64_t generation_ = 0; // what is said about an earlier one comes late
    int fd_ = -1;
    int falls_ = 0; // in a row, without a message that it has outlived
    bool is_usable_ = true;
    bool is_armed_ = false;
    bool is_handed_out_ = false; // the kernel has a buffer, be it that of an operation that is over
};

} // namespace spry::io::detail
