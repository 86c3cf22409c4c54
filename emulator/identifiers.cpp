// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/identifiers.hpp>

#include <spry/core/assert.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/random.h>

namespace spry::emulator {

namespace {

template <std::size_t Size>
std::array<unsigned char, Size> random_bytes() {
    static_assert(Size <= 256); // so much comes in one piece, never interrupted (getrandom(2))
    std::array<unsigned char, Size> bytes;
    const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
    SPRY_ASSERT(count == static_cast<ssize_t>(bytes.size()));
    return bytes;
}

void append_hex(std::string& text, std::span<const unsigned char> bytes) {
    constexpr const char* digits = "0123456789abcdef";
    for (const unsigned char byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
}

} // namespace

std::string make_request_id() {
    std::array<unsigned char, 16> bytes = random_bytes<16>();
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40); // version 4
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80); // variant
    const std::span<const unsigned char> all{bytes};
    std::string id;
    id.reserve(36);
    append_hex(id, all.subspan(0, 4));
    for (const std::size_t at : {4U, 6U, 8U}) {
        id += '-';
        append_hex(id, all.subspan(at, 2));
    }
    id += '-';
    append_hex(id, all.subspan(10, 6));
    return id;
}

std::string make_trace_id(std::chrono::system_clock::time_point now) {
    const auto seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    const std::array<unsigned char, 4> time{
        static_cast<unsigned char>(seconds >> 24), static_cast<unsigned char>(seconds >> 16),
        static_cast<unsigned char>(seconds >> 8), static_cast<unsigned char>(seconds)};
    const std::array<unsigned char, 20> random = random_bytes<20>();
    std::string id = "Root=1-";
    append_hex(id, time);
    id += '-';
    append_hex(id, std::span{random}.first(12));
    id += ";Parent=";
    append_hex(id, std::span{random}.last(8));
    id += ";Sampled=0";
    return id;
}

} // namespace spry::emulator
