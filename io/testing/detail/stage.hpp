// SPDX-License-Identifier: Apache-2.0
// stage: what all parts of one scripted run share: its script, its time, its chances, its record.
#pragma once

#include <spry/io/operation.hpp>
#include <spry/io/testing/random.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace spry::io::testing::detail {

class stage {
public:
    stage(const script& how, record* into) noexcept;
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    const script& how() const noexcept { return how_; }
    random_source& random() noexcept { return random_; }
    record& log() noexcept { return *record_; }

    time_point now() const noexcept { return now_; }
    void advance_to(time_point when) noexcept;
    /// When what is sent at this moment arrives.
    time_point arrival() noexcept;

    /// Draws one of the script's faults, and counts it where it happens.
    bool strikes(unsigned permille) noexcept;

    /// Writes one event down: "what" happened to which stream or listener, with which number or
    /// bytes.
    void note(std::string_view what, unsigned number, std::int64_t count = 0) noexcept;
    void note_bytes(std::string_view what, unsigned number,
                    std::span<const std::byte> bytes) noexcept;

    /// Ends the process: nothing can happen any more, or nothing ends.
    [[noreturn]] void give_up(std::string_view why) noexcept;

private:
    void mix(std::uint64_t value) noexcept;

    script how_;
    random_source random_;
    record own_record_; // where nobody asks for it
    record* record_;
    time_point now_;
};

} // namespace spry::io::testing::detail
