// SPDX-License-Identifier: Apache-2.0
// Names that must be unique: request ids and trace ids.
#pragma once

#include <chrono>
#include <string>

namespace spry::emulator {

/// A random UUID (RFC 9562 5.4), as Lambda's request ids are.
std::string make_request_id();

/// "Root=1-<time>-<random>;Parent=<random>;Sampled=0": X-Ray's header for a request that came
/// without one.
std::string make_trace_id(std::chrono::system_clock::time_point now);

} // namespace spry::emulator
