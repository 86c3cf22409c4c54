// SPDX-License-Identifier: Apache-2.0
// memory_backend: a loop's backend whose one peer is a list of pieces to receive, without a system
// call. What is sent is kept. Time passes only where the loop waits for it.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/io/detail/backend.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/unique_fd.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spry::fuzz {

/// What both sides of the stream have said; outlives the loop.
struct memory_stream {
    std::vector<std::string_view> to_receive; ///< one receive gets at most one piece
    std::size_t next_piece = 0;
    std::string sent;
};

class memory_backend final : public io::detail::backend {
public:
    explicit memory_backend(memory_stream& stream) noexcept : stream_(stream) {}

    std::string_view name() const noexcept override { return "memory"; }
    io::time_point now() noexcept override { return now_; }
    std::size_t pending() const noexcept override { return queued_.size(); }

    // Every other operation waits for the loop, so that both ways through the awaiters are taken.
    void submit(io::operation& op) noexcept override {
        if ((++submitted_ & 1) != 0) {
            finish(op);
            op.state = io::operation::progress::complete;
        } else {
            queued_.push_back(op);
        }
    }
    void cancel(io::operation& op) noexcept override { op.outcome = -ECANCELED; }

    void wait(std::optional<io::time_point> until,
              intrusive_queue<io::operation>& completed) noexcept override {
        if (queued_.empty() && until)
            now_ = std::max(now_, *until);
        for (io::operation* op = queued_.front(); op != nullptr; op = queued_.next(*op)) {
            if (op->outcome != -ECANCELED)
                finish(*op);
        }
        completed.append(queued_);
    }
    void close(io::unique_fd& fd) noexcept override { fd.reset(); }
    int connect_blocking(int, const io::address&) noexcept override { return 0; }
    void shutdown(int, int) noexcept override {}

private:
    void finish(io::operation& op) noexcept {
        switch (op.code) {
        case io::opcode::recv:
            op.outcome = static_cast<std::int64_t>(receive(op.buffer));
            return;
        case io::opcode::recv_all:
            while (op.transferred < op.buffer.size()) {
                const std::size_t more = receive(op.buffer.subspan(op.transferred));
                op.transferred += more;
                if (more == 0)
                    break;
            }
            op.outcome = static_cast<std::int64_t>(op.transferred);
            return;
        case io::opcode::send:
            for (const std::span<const std::byte> part : op.parts) {
                stream_.sent.append(reinterpret_cast<const char*>(part.data()), part.size());
                op.transferred += part.size();
            }
            op.outcome = static_cast<std::int64_t>(op.transferred);
            return;
        default:
            SPRY_ASSERT(false && "an operation of a stream");
        }
    }

    std::size_t receive(std::span<std::byte> into) noexcept {
        SPRY_ASSERT(!into.empty());
        if (stream_.next_piece == stream_.to_receive.size())
            return 0;
        std::string_view& piece = stream_.to_receive[stream_.next_piece];
        const std::size_t size = std::min(piece.size(), into.size());
        std::memcpy(into.data(), piece.data(), size);
        piece.remove_prefix(size);
        if (piece.empty())
            ++stream_.next_piece;
        return size;
    }

    memory_stream& stream_;
    io::time_point now_{};
    std::size_t submitted_ = 0;
    intrusive_queue<io::operation> queued_;
};

inline io::event_loop make_memory_loop(memory_stream& stream) {
    return io::event_loop{std::make_unique<memory_backend>(stream)};
}

} // namespace spry::fuzz
