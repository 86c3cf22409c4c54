// SPDX-License-Identifier: Apache-2.0
// Base64 with padding (RFC 4648 4): client context in, log tail out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

std::string base64_encode(std::string_view bytes);

/// None where the text is no base64. Missing padding is accepted, as several SDKs leave it out.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace spry::emulator
