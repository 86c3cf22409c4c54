// SPDX-License-Identifier: Apache-2.0
// invocation_record: the last invocations, for the status page.
#pragma once

#include <spry/emulator/invocation.hpp>
#include <spry/emulator/invocation_observer.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spry::emulator {

/// So many are kept, those that run among them.
inline constexpr std::size_t recorded_invocations_max = 100;
/// So much of an event, and of an answer.
inline constexpr std::size_t recorded_text_bytes_max = 16 * 1024;
/// So much of a name or an error's type, which callers and functions choose.
inline constexpr std::size_t recorded_name_bytes_max = 256;

/// The front of a text, and how long all of it is.
struct recorded_text {
    std::string text;
    std::uint64_t size = 0;

    void append(std::string_view more);
    bool is_whole() const noexcept { return text.size() == size; }
};

struct recorded_invocation {
    std::uint64_t number = 0; ///< 1, 2, ...: an asynchronous one has one for each attempt
    std::string request_id;
    std::string function;
    int process = 0;                               ///< 0: none
    std::chrono::system_clock::time_point started; ///< when it was taken, or given up
    io::time_point begun{};                        ///< the same on the loop's clock
    std::chrono::nanoseconds waited{};             ///< for an environment
    recorded_text event;
    recorded_text answer;

    std::optional<function_outcome::kind> outcome; ///< none: there is no answer yet
    function_outcome::cause cause{};               ///< of an error
    std::string error_type;                        ///< "Runtime.ExitError", or empty

    bool is_over = false;
    // From the REPORT line, if it was taken.
    std::optional<std::chrono::nanoseconds> duration;
    std::optional<std::chrono::nanoseconds> init_duration;
    std::uint64_t memory_size_mib = 0;
    std::optional<std::uint64_t> max_memory_used_kib;
    std::string log; ///< its tail
};

/// Holds 4 MiB at most: the oldest make room, also where they still run.
class invocation_record final : public invocation_observer {
public:
    explicit invocation_record(io::event_loop& loop) noexcept : changed_(loop) {}

    void taken(const function_program& by, const invocation& what, int process) override;
    void streamed(std::string_view request_id, std::span<const std::byte> piece) override;
    void answered(std::string_view request_id, const function_outcome& outcome) override;
    void ended(std::string_view request_id, const invocation_report& report,
               const log_tail& log) override;
    void given_up(const function_program& of, const invocation& what,
                  const function_outcome& outcome) override;

    /// The oldest first.
    const std::deque<recorded_invocation>& all() const noexcept { return all_; }
    /// Null where it is unknown, or has been forgotten.
    const recorded_invocation* find(std::uint64_t number) const noexcept;
    /// The last attempt of this request.
    const recorded_invocation* find(std::string_view request_id) const noexcept;

    /// Another one whenever something has changed.
    std::uint64_t version() const noexcept { return version_; }
    /// Suspends until the version is another one than `seen`; fails where it is stopped before.
    task<result<>> changed_since(std::uint64_t seen, stop_token stop);

private:
    recorded_invocation& add(const function_program& by, const invocation& what);
    recorded_invocation* find_running(std::string_view request_id) noexcept;
    void note_change() noexcept;

    std::deque<recorded_invocation> all_;
    std::uint64_t count_ = 0;
    std::uint64_t version_ = 0;
    io::async_event changed_;
};

} // namespace spry::emulator
