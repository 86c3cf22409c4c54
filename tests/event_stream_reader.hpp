// SPDX-License-Identifier: Apache-2.0
// Reads vnd.amazon.eventstream, strictly (runtime contract 7.1).
#pragma once

#include <spry/emulator/event_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spry_test {

struct event_stream_message {
    std::map<std::string, std::string> headers;
    std::string payload;
};

/// All messages of a stream; none where a length, a sum or a header is wrong, or something is left.
inline std::optional<std::vector<event_stream_message>> read_event_stream(std::string_view bytes) {
    const auto number = [](std::string_view from, std::size_t at, std::size_t size) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i != size; ++i)
            value = value << 8 | static_cast<unsigned char>(from[at + i]);
        return value;
    };
    const auto sum = [](std::string_view of) {
        return spry::emulator::crc32(std::as_bytes(std::span{of}));
    };
    std::vector<event_stream_message> messages;
    while (!bytes.empty()) {
        if (bytes.size() < 16)
            return std::nullopt;
        const std::size_t total = number(bytes, 0, 4);
        const std::size_t headers_size = number(bytes, 4, 4);
        if (total < 16 || total > bytes.size() || headers_size > total - 16)
            return std::nullopt;
        if (sum(bytes.substr(0, 8)) != number(bytes, 8, 4) ||
            sum(bytes.substr(0, total - 4)) != number(bytes, total - 4, 4))
            return std::nullopt;
        event_stream_message message;
        std::string_view headers = bytes.substr(12, headers_size);
        while (!headers.empty()) {
            const std::size_t name_size = number(headers, 0, 1);
            if (headers.size() < name_size + 4 || headers[1 + name_size] != 7)
                return std::nullopt;
            const std::size_t value_size = number(headers, name_size + 2, 2);
            if (headers.size() < name_size + 4 + value_size)
                return std::nullopt;
            message.headers.emplace(headers.substr(1, name_size),
                                    headers.substr(name_size + 4, value_size));
            headers.remove_prefix(name_size + 4 + value_size);
        }
        message.payload = bytes.substr(12 + headers_size, total - 16 - headers_size);
        messages.push_back(std::move(message));
        bytes.remove_prefix(total);
    }
    return messages;
}

} // namespace spry_test
