// SPDX-License-Identifier: Apache-2.0
#include <spry/io/detail/door.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/errno_result.hpp>
#include <spry/io/event_loop.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace spry::io::detail {

namespace {

// A read of the eventfd, with the counter's bytes.
struct word_awaiter : io_awaiter<std::size_t> {
    word_awaiter(event_loop& loop, int fd, std::span<std::byte> into) noexcept
        : io_awaiter(loop, opcode::read, {}) {
        record().fd = fd;
        record().buffer = into;
    }
};

} // namespace

result<std::unique_ptr<door>> door::open(event_loop& loop) {
    unique_fd fd{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (!fd)
        return errno_failure();
    return std::make_unique<door>(loop, std::move(fd));
}

door::door(event_loop& loop, unique_fd fd) noexcept : loop_(loop), fd_(std::move(fd)) {}

door::~door() {
    SPRY_ASSERT(expected_ == 0 && top_.load(std::memory_order_relaxed) == nullptr);
    loop_.close(fd_);
}

void door::expect() {
    if (expected_++ > 0)
        return;
    service_.emplace(serve()); // the one before it ended when nothing was expected any more
    service_->start();
}

void door::post(posted& what) noexcept {
    // Whatever is needed behind the exchange is fetched before it: with it, the loop may take the
    // pile, and `what` be gone.
    const int fd = fd_.get();
    posted* top = top_.load(std::memory_order_relaxed);
    do {
        what.below_ = top;
    } while (!top_.compare_exchange_weak(top, &what, std::memory_order_release,
                                         std::memory_order_relaxed));
    if (top != nullptr)
        return;
    const std::uint64_t one = 1;
    ssize_t written = 0;
    do {
        written = ::write(fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    // The counter is 0 here (see above), so it cannot overflow, which is all that could fail.
    SPRY_ASSERT(written == sizeof one);
}

task<> door::serve() {
    std::array<std::byte, sizeof(std::uint64_t)> counter{};
    while (expected_ > 0) {
        word_awaiter word{loop_, fd_.get(), counter};
        const result<std::size_t> read = co_await std::move(word);
        SPRY_ASSERT(read.has_value());
        complete_all(top_.exchange(nullptr, std::memory_order_acquire));
    }
}

// In the order in which they were posted: the pile has the last one on top.
void door::complete_all(posted* pile) noexcept {
    posted* first = nullptr;
    while (pile != nullptr) {
        posted* const next = std::exchange(pile->below_, first);
        first = std::exchange(pile, next);
    }
    while (first != nullptr) {
        posted& done = *std::exchange(first, first->below_);
        --expected_;
        loop_.complete(done.wake_.record());
    }
}

} // namespace spry::io::detail
