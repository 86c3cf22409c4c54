// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/telemetry_buffer.hpp>

#include <spry/emulator/program/telemetry_event.hpp>

#include <utility>

namespace spry::emulator {

namespace {

constexpr std::size_t batches_max = 2;

} // namespace

bool telemetry_buffer::has_room_for(std::size_t bytes) const noexcept {
    return events_.size() < batches_max * limits_.items_max &&
           bytes_ + bytes <= batches_max * limits_.bytes_max;
}

void telemetry_buffer::add(std::string event) {
    const std::size_t size = event.size();
    is_full_ = is_full_ || !has_room_for(size);
    if (is_full_) {
        lost_.add({1, size});
        return;
    }
    bytes_ += size;
    events_.push_back({std::move(event), {1, size}});
}

telemetry_batch telemetry_buffer::take() {
    telemetry_batch batch;
    std::size_t bytes = 0;
    while (!events_.empty() && batch.events.size() < limits_.items_max &&
           (batch.events.empty() || bytes + events_.front().text.size() <= limits_.bytes_max)) {
        entry& next = events_.front();
        bytes += next.text.size();
        batch.at_stake.add(next.at_stake);
        batch.events.push_back(std::move(next.text));
        events_.pop_front();
    }
    bytes_ -= bytes;
    is_full_ = false;
    if (lost_.events != 0 && tells_of_losses_)
        tell_of_loss();
    return batch;
}

void telemetry_buffer::tell_of_loss() {
    entry told{logs_dropped_event(lost_.events, lost_.bytes), std::exchange(lost_, {})};
    bytes_ += told.text.size();
    events_.push_back(std::move(told));
}

} // namespace spry::emulator
