// SPDX-License-Identifier: Apache-2.0
#include <spry/io/detail/uring_standing_receive.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/termination.hpp>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace spry::io::detail {

namespace {

constexpr unsigned buffers = 1;
constexpr int group = 0;
// A kernel that looks for the next message at once finds no buffer and gives up: there each receive
// would be armed anew, and report its end besides.
constexpr int falls_max = 3;

} // namespace

bool standing_receive::open() noexcept {
    if (buffers_ != nullptr)
        return true;
    int error = 0;
    buffers_ = ::io_uring_setup_buf_ring(&ring_, buffers, group, 0, &error);
    return buffers_ != nullptr;
}

void standing_receive::close() noexcept {
    if (buffers_ != nullptr)
        ::io_uring_free_buf_ring(&ring_, std::exchange(buffers_, nullptr), buffers, group);
}

bool standing_receive::take(operation& op) noexcept {
    const bool is_free = waiting_ == nullptr && (!is_armed_ || fd_ == op.fd);
    if (!is_usable_ || !is_free || termination::requested())
        return false;
    if (!open()) {
        is_usable_ = false;
        return false;
    }
    if (is_armed_)
        falls_ = 0;
    // A buffer that the kernel has not used is replaced: it looks only while this thread is in it.
    ::io_uring_buf_ring_add(buffers_, op.buffer.data(), static_cast<unsigned>(op.buffer.size()), 0,
                            ::io_uring_buf_ring_mask(buffers), 0);
    if (!std::exchange(is_handed_out_, true))
        ::io_uring_buf_ring_advance(buffers_, 1);
    waiting_ = &op;
    fd_ = op.fd;
    return true;
}

void standing_receive::prepare(io_uring_sqe& entry) noexcept {
    ::io_uring_prep_recv_multishot(&entry, fd_, nullptr, 0, 0);
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = group;
    entry.ioprio |= IORING_RECVSEND_POLL_FIRST;
    ::io_uring_sqe_set_data64(&entry, user_data());
    is_armed_ = true;
}

void standing_receive::prepare_cancel(io_uring_sqe& entry) const noexcept {
    ::io_uring_prep_cancel64(&entry, user_data(), 0);
    ::io_uring_sqe_set_data(&entry, nullptr);
}

void standing_receive::forget() noexcept {
    SPRY_ASSERT(waiting_ == nullptr);
    ++generation_;
    is_armed_ = false;
}

standing_receive::completion standing_receive::completed(const io_uring_cqe& entry) noexcept {
    // Whoever has used it. That there was none says nothing about one that was handed out since: a
    // second one behind it would take bytes that come while nobody receives.
    if ((entry.flags & IORING_CQE_F_BUFFER) != 0)
        is_handed_out_ = false;
    if (entry.user_data != user_data())
        return {};
    SPRY_ASSERT(waiting_ != nullptr || entry.res <= 0); // these bytes would be lost
    if ((entry.flags & IORING_CQE_F_MORE) == 0)
        is_armed_ = false;
    if (entry.res == -EINVAL || (entry.res == -ENOBUFS && ++falls_ == falls_max))
        is_usable_ = false;
    if (waiting_ == nullptr)
        return {};
    // It ended for another reason than what was asked for: no buffer, before this one was handed
    // out, or a cancellation of the operation before.
    const bool is_of_another =
        entry.res == -ENOBUFS || entry.res == -EINVAL ||
        (entry.res == -ECANCELED && waiting_->state != operation::progress::cancelling);
    return {std::exchange(waiting_, nullptr), is_of_another ? -EAGAIN : entry.res};
}

} // namespace spry::io::detail
