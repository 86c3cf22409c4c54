// SPDX-License-Identifier: Apache-2.0
// The JSON bodies with which the service reports an error.
#pragma once

#include <spry/io/child_process.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// {"errorMessage":...,"errorType":...}: of a function, or of the Runtime API.
std::string error_document(std::string_view type, std::string_view message);

/// A JSON object's text without one of its members; none where it is no JSON object.
std::optional<std::string> without_member(std::string_view text, std::string_view name);

/// {"Type":...,"Message":...}: of the Invoke API (runtime contract 7.1).
std::string service_error_document(std::string_view who, std::string_view message);

/// "Runtime exited with error: exit status 3", "... signal: killed", or "Runtime exited without
/// providing a reason" for code 0.
std::string exit_message(const io::exit_status& status);

} // namespace spry::emulator
