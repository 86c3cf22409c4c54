// SPDX-License-Identifier: Apache-2.0
// telemetry_buffer: the events that wait for one subscriber, and how many it has lost.
#pragma once

#include <spry/emulator/program/telemetry_request.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace spry::emulator {

/// What a subscriber did not get.
struct telemetry_loss {
    void add(const telemetry_loss& more) noexcept {
        events += more.events;
        bytes += more.bytes;
    }

    std::size_t events = 0;
    std::size_t bytes = 0;
};

/// What is sent at once.
struct telemetry_batch {
    std::vector<std::string> events;
    telemetry_loss at_stake; ///< is lost with it, earlier losses that it tells of included
};

/// Holds two batches at most, besides the one that is being sent. What comes beyond is lost until
/// the next batch is taken; behind what was kept, one event, platform.logsDropped, then tells how
/// much. Who does not want platform events is not told.
class telemetry_buffer {
public:
    telemetry_buffer(const telemetry_buffering& limits, bool tells_of_losses) noexcept
        : limits_(limits), tells_of_losses_(tells_of_losses) {}

    void add(std::string event);
    /// What was lost elsewhere; told of with the next batch but one.
    void lose(const telemetry_loss& what) noexcept { lost_.add(what); }

    bool is_empty() const noexcept { return events_.empty(); }
    /// There is a whole batch.
    bool is_due() const noexcept {
        return events_.size() >= limits_.items_max || bytes_ >= limits_.bytes_max;
    }
    /// The next batch: the oldest events, within the limits for one, and one at least.
    telemetry_batch take();

private:
    struct entry {
        std::string text;
        telemetry_loss at_stake;
    };

    bool has_room_for(std::size_t bytes) const noexcept;
    void tell_of_loss();

    const telemetry_buffering limits_;
    const bool tells_of_losses_;
    std::deque<entry> events_;
    std::size_t bytes_ = 0;
    telemetry_loss lost_;
    bool is_full_ = false; // since the last batch
};

} // namespace spry::emulator
