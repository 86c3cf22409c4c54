// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/event_stream.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/json_writer.hpp>

#include <array>
#include <limits>
#include <memory_resource>

namespace spry::emulator {

namespace {

constexpr std::size_t prelude_bytes = 12; // both lengths and their sum
constexpr std::size_t sum_bytes = 4;
constexpr unsigned char string_value = 7;

// The remainders of all bytes for the reflected polynomial.
constexpr std::array<std::uint32_t, 256> remainders = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t byte = 0; byte != made.size(); ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit != 8; ++bit)
            remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0xEDB88320 : 0);
        made[byte] = remainder;
    }
    return made;
}();

void write_number(std::byte* at, std::size_t number) noexcept {
    SPRY_ASSERT(number <= std::numeric_limits<std::uint32_t>::max());
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = static_cast<std::byte>(number >> shift);
}

// Writes all but headers and payload, which are there.
void frame(std::span<std::byte> message, std::size_t headers_bytes) noexcept {
    write_number(message.data(), message.size());
    write_number(message.data() + 4, headers_bytes);
    const std::uint32_t lengths_sum = crc32(message.first(8));
    write_number(message.data() + 8, lengths_sum);
    const std::size_t end = message.size() - sum_bytes;
    write_number(message.data() + end, crc32(message.first(end).subspan(8), lengths_sum));
}

void append_header(std::string& to, const event_header& header) {
    to += static_cast<char>(header.name.size());
    to += header.name;
    to += static_cast<char>(string_value);
    to += static_cast<char>(header.value.size() >> 8);
    to += static_cast<char>(header.value.size());
    to += header.value;
}

} // namespace

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
    std::uint32_t sum = ~before;
    for (const std::byte byte : bytes)
        sum = (sum >> 8) ^ remainders[(sum ^ static_cast<std::uint32_t>(byte)) & 0xFF];
    return ~sum;
}

std::string event_message(std::initializer_list<event_header> headers, std::string_view payload) {
    std::string message(prelude_bytes, '\0');
    for (const event_header& each : headers)
        append_header(message, each);
    const std::size_t headers_bytes = message.size() - prelude_bytes;
    message += payload;
    message.append(sum_bytes, '\0');
    frame(std::as_writable_bytes(std::span{message}), headers_bytes);
    return message;
}

payload_chunk::payload_chunk(std::size_t payload_bytes_max)
    : message_(event_message({{":event-type", "PayloadChunk"},
                              {":content-type", "application/octet-stream"},
                              {":message-type", "event"}},
                             {})) {
    SPRY_ASSERT(message_.size() == head_bytes + tail_bytes);
    message_.resize(head_bytes + payload_bytes_max + tail_bytes);
}

std::span<const std::byte> payload_chunk::seal(std::size_t payload_bytes) noexcept {
    SPRY_ASSERT(payload_bytes <= room().size());
    const std::span<std::byte> message =
        std::as_writable_bytes(std::span{message_}).first(head_bytes + payload_bytes + tail_bytes);
    frame(message, head_bytes - prelude_bytes);
    return message;
}

std::string invoke_complete(std::string_view details) {
    return event_message({{":event-type", "InvokeComplete"},
                          {":content-type", "application/json"},
                          {":message-type", "event"}},
                         details);
}

std::string complete_details(std::string_view error_code, std::string_view error_details,
                             std::string_view log_result) {
    json::writer to{*std::pmr::new_delete_resource()};
    to.begin_object();
    const auto member = [&to](std::string_view key, std::string_view value) {
        if (value.empty())
            return;
        to.key(key);
        to.string(value);
    };
    member("ErrorCode", error_code);
    member("ErrorDetails", error_details);
    member("LogResult", log_result);
    to.end_object();
    return std::string{to.text()};
}

} // namespace spry::emulator
