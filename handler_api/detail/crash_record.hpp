// SPDX-License-Identifier: Apache-2.0
// crash_record: the last words of a process that cannot go on.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace spry::detail {

/// What a record is beside its line, for who is used to more.
struct crash_style {
    /// Written at once, before anything that could fail in its turn; behind it stand the stack's
    /// addresses, one a line and the innermost last, and then the record. Empty: only the record.
    std::string_view heading = {};
    std::span<const int> more_signals = {};
};

/// From here on SIGSEGV, SIGBUS, SIGFPE, SIGILL, abort and std::terminate write one line to
/// standard error and end the process with 128 and the signal's number: what happened and where,
/// the invocation in hand, the program's build id, and the stack as addresses of its file
/// (`./dev symbolize` turns them into lines). Nothing is posted, and what was being posted stays
/// cut off. Signals that somebody handles already are left to him, as to a sanitizer. A stack that
/// has overflowed is reported from one of its own, on the thread that calls this; other threads
/// have a `crash_stack`.
///
/// What happens while the line is put together ends it, and the process all the same. The process
/// exits by itself, since a signal that is raised again does not end PID 1.
void install_crash_records(const crash_style& style = {}) noexcept;

/// Where a thread's records are made when its stack has overflowed: lives at the base of that
/// stack, in the thread's own function, for as long as the thread does. Touches none of its memory.
/// Leaves alone what somebody else has provided, as a sanitizer does.
class crash_stack {
public:
    static constexpr std::size_t size = std::size_t{64} * 1024;

    crash_stack() noexcept;
    ~crash_stack();
    crash_stack(const crash_stack&) = delete;
    crash_stack& operator=(const crash_stack&) = delete;

private:
    alignas(16) std::array<std::byte, size> memory_; // what a record needs of it, it writes first
    bool is_ours_;
};

/// A worker's word on which invocation it has in hand, for the record. A crash names those of the
/// thread that crashes: with one worker that one.
class invocation_in_hand {
public:
    /// On the thread that the worker runs on.
    invocation_in_hand() noexcept;
    ~invocation_in_hand();
    invocation_in_hand(const invocation_in_hand&) = delete;
    invocation_in_hand& operator=(const invocation_in_hand&) = delete;

    /// The text stays where it is until the next call; empty for none.
    void set(std::string_view request_id) noexcept {
        size_.store(request_id.size(), std::memory_order_relaxed);
        id_.store(request_id.data(), std::memory_order_relaxed);
    }
    std::string_view request_id() const noexcept {
        return {id_.load(std::memory_order_relaxed), size_.load(std::memory_order_relaxed)};
    }
    std::uintptr_t thread() const noexcept { return thread_; }
    const invocation_in_hand* next() const noexcept {
        return next_.load(std::memory_order_acquire);
    }

private:
    std::atomic<const char*> id_ = nullptr;
    std::atomic<std::size_t> size_ = 0;
    std::uintptr_t thread_;
    std::atomic<invocation_in_hand*> next_ = nullptr;
};

} // namespace spry::detail
