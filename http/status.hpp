// SPDX-License-Identifier: Apache-2.0
// Names of status codes.
#pragma once

#include <string_view>

namespace spry::http {

/// The reason phrase of RFC 9110 15 ("Not Found"), or "Unknown" for a code that it does not name.
std::string_view reason_phrase(int status) noexcept;

} // namespace spry::http
