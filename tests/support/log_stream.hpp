// SPDX-License-Identifier: Apache-2.0
// log_stream: what a log has received, taken apart into lines or into the frames of the telemetry
// descriptor (contract 4.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace spry::tests {

inline std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes)
        number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

struct frame {
    std::uint64_t type;
    std::uint64_t microseconds;
    std::string message;
};

/// Of a stream of frames; one that breaks off has the type 0.
inline std::vector<frame> frames_in(std::string_view stream) {
    std::vector<frame> frames;
    while (!stream.empty()) {
        if (stream.size() < 16 || stream.size() < 16 + big_endian(stream.substr(4, 4))) {
            frames.push_back({0, 0, std::string{stream}});
            break;
        }
        const std::size_t size = big_endian(stream.substr(4, 4));
        frames.push_back({big_endian(stream.substr(0, 4)), big_endian(stream.substr(8, 8)),
                          std::string{stream.substr(16, size)}});
        stream.remove_prefix(16 + size);
    }
    return frames;
}

/// What comes until the other end is closed.
inline std::string read_to_end(int fd, std::size_t piece_size = 65536) {
    std::string all;
    std::string piece(piece_size, '\0');
    while (true) {
        const ssize_t size = ::read(fd, piece.data(), piece.size());
        if (size <= 0)
            return all;
        all.append(piece, 0, static_cast<std::size_t>(size));
    }
}

inline std::vector<std::string> lines_in(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t start = 0;
    for (std::size_t end = 0; (end = text.find('\n', start)) != text.npos; start = end + 1)
        lines.push_back(text.substr(start, end + 1 - start));
    return lines;
}

} // namespace spry::tests
