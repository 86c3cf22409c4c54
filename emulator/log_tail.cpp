// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/log_tail.hpp>

#include <algorithm>
#include <cstring>

namespace spry::emulator {

void log_tail::append(std::string_view text) {
    if (!ring_)
        ring_ = std::make_unique<char[]>(log_tail_bytes);
    if (text.size() > log_tail_bytes) {
        size_ += text.size() - log_tail_bytes;
        text.remove_prefix(text.size() - log_tail_bytes);
    }
    while (!text.empty()) {
        const std::size_t at = size_ % log_tail_bytes;
        const std::size_t count = std::min(text.size(), log_tail_bytes - at);
        std::memcpy(ring_.get() + at, text.data(), count);
        size_ += count;
        text.remove_prefix(count);
    }
}

std::string log_tail::text() const {
    if (size_ <= log_tail_bytes)
        return std::string(ring_.get(), size_);
    const std::size_t oldest = size_ % log_tail_bytes;
    std::string all(ring_.get() + oldest, log_tail_bytes - oldest);
    all.append(ring_.get(), oldest);
    return all;
}

} // namespace spry::emulator
