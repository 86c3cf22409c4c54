// SPDX-License-Identifier: Apache-2.0
// field_text: the run of bytes that may stand in a header value (RFC 9110 5.5), but for tabs.
#pragma once

#include <spry/core/word.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace spry::http {

/// The first control character from `at` on, or `end`. Sixteen bytes at a time, in plain vectors of
/// the compilers'; inline, since an invocation asks for each header.
inline const char* field_text_end(const char* at, const char* end) noexcept {
    using bytes = std::uint8_t __attribute__((vector_size(16)));
    while (end - at >= static_cast<std::ptrdiff_t>(sizeof(bytes))) {
        bytes sixteen;
        std::memcpy(&sixteen, at, sizeof sixteen);
        const auto stops = std::bit_cast<std::array<word, 2>>((sixteen < 0x20) | (sixteen == 0x7f));
        if ((stops[0] | stops[1]) != 0)
            return at + (stops[0] != 0 ? first_byte(stops[0]) : 8 + first_byte(stops[1]));
        at += sizeof(bytes);
    }
    while (at != end && static_cast<unsigned char>(*at) >= ' ' && *at != '\x7f')
        ++at;
    return at;
}

} // namespace spry::http
