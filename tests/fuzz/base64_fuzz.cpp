// SPDX-License-Identifier: Apache-2.0
// Base64: decoding and encoding are inverse to each other, both ways round.
#include <spry/core/assert.hpp>
#include <spry/core/base64.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace base64 = spry::base64;
    const std::string_view given{reinterpret_cast<const char*>(data), size};
    SPRY_ASSERT(base64::decode(base64::encode(given)) == given);

    const std::optional<std::string> strict = base64::decode(given);
    const std::optional<std::string> lenient = base64::decode(given, base64::padding::optional);
    if (strict) {
        SPRY_ASSERT(base64::encode(*strict) == given);
        SPRY_ASSERT(lenient == strict);
    }
    if (lenient)
        SPRY_ASSERT(base64::encode(*lenient).starts_with(given));
    return 0;
}
