// SPDX-License-Identifier: Apache-2.0
// vnd.amazon.eventstream: the messages in which an InvokeWithResponseStream answers (runtime
// contract 7.1). Pure data.
//
//     | total length | headers length | CRC of both | headers | payload | CRC of all before |
//           4               4               4                                 4
//
// All numbers are big-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace spry::emulator {

inline constexpr std::string_view event_stream_type = "application/vnd.amazon.eventstream";

/// The CRC-32 of gzip (RFC 1952 8), of bytes behind others whose sum is `before`.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept;

/// A header of a message; its value is a string. Static text, names of at most 255 bytes.
struct event_header {
    std::string_view name;
    std::string_view value;
};

/// A whole message. Throws std::bad_alloc.
std::string event_message(std::initializer_list<event_header> headers, std::string_view payload);

/// A message that carries a piece of the response, made around a payload that is written into it: a
/// stream takes the memory of one piece and copies nothing twice.
class payload_chunk {
public:
    static constexpr std::size_t head_bytes = 102;
    static constexpr std::size_t tail_bytes = 4;

    /// `payload_bytes_max` is what a piece may have. Throws std::bad_alloc.
    explicit payload_chunk(std::size_t payload_bytes_max);

    /// Where the next payload belongs.
    std::span<std::byte> room() noexcept {
        return std::as_writable_bytes(std::span{message_})
            .subspan(head_bytes, message_.size() - head_bytes - tail_bytes);
    }
    /// The message around the first `payload_bytes` of `room()`; valid up to the next one.
    std::span<const std::byte> seal(std::size_t payload_bytes) noexcept;

private:
    std::string message_;
};

/// The last message: how the invocation has ended. `details` is a JSON object (`complete_details`).
std::string invoke_complete(std::string_view details);

/// {"ErrorCode":..,"ErrorDetails":..,"LogResult":..} with those that are not empty; `log_result` is
/// Base64.
std::string complete_details(std::string_view error_code, std::string_view error_details,
                             std::string_view log_result);

} // namespace spry::emulator
