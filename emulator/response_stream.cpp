// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/response_stream.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/error.hpp>
#include <spry/handler_api/runtime_api.hpp>

#include <algorithm>
#include <cstring>

namespace spry::emulator {

static_assert(streamed_bytes_max_default == runtime_api::streamed_size_max);

response_stream::response_stream(io::event_loop& loop, const stream_limits& limits) noexcept
    : changed_(loop),
      taken_(loop),
      loop_(loop),
      limits_(limits),
      bandwidth_(limits.bytes_per_second),
      bytes_left_(limits.bytes_max) {}

task<bool> response_stream::started() {
    while (!started_ && !ended_) {
        changed_.reset();
        const result<> changed = co_await changed_.wait();
        SPRY_ASSERT(changed.has_value()); // nobody can stop this wait
    }
    co_return started_;
}

task<result<std::size_t>> response_stream::read(std::span<std::byte> into, stop_token stop) {
    while (true) {
        if (piece_.empty()) {
            if (ended_)
                co_return std::size_t{0};
            changed_.reset();
            const result<> changed = co_await changed_.wait(stop);
            if (!changed)
                co_return failure(changed.error());
            continue;
        }
        const std::uint64_t allowed = bandwidth_.available(loop_.now());
        if (allowed == 0) {
            const result<> slept = co_await loop_.sleep_until(bandwidth_.next_refill(), stop);
            if (!slept)
                co_return failure(slept.error());
            continue; // the piece may be gone
        }
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>({into.size(), piece_.size(), allowed}));
        std::memcpy(into.data(), piece_.data(), count);
        piece_ = piece_.subspan(count);
        bandwidth_.use(count);
        if (piece_.empty())
            taken_.set();
        co_return count;
    }
}

void response_stream::abandon() noexcept {
    abandoned_ = true;
    piece_ = {};
    taken_.set();
}

void response_stream::start(std::string_view content_type) {
    SPRY_ASSERT(!started_);
    content_type_ = content_type;
    started_ = true;
    changed_.set();
}

task<result<>> response_stream::write(std::span<const std::byte> piece, stop_token stop) {
    const bool is_too_much = piece.size() > bytes_left_;
    if (is_too_much)
        piece = piece.first(static_cast<std::size_t>(bytes_left_));
    bytes_left_ -= piece.size();
    if (!piece.empty() && !ended_ && !abandoned_) {
        piece_ = piece;
        taken_.reset();
        changed_.set();
        const result<> taken = co_await taken_.wait(stop);
        piece_ = {};
        if (!taken)
            co_return failure(taken.error());
    }
    if (ended_)
        co_return failure(errc::cancelled);
    if (is_too_much)
        co_return failure(errc::body_too_large);
    co_return result<>{};
}

void response_stream::end() noexcept {
    ended_ = true;
    piece_ = {};
    taken_.set();
    changed_.set();
}

} // namespace spry::emulator
