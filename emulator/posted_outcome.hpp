// SPDX-License-Identifier: Apache-2.0
// What a runtime's POST to response or error says about its invocation (runtime contract 1.5, 1.6,
// 2.2).
#pragma once

#include <spry/emulator/invocation.hpp>
#include <spry/emulator/runtime_state.hpp>
#include <spry/http/message.hpp>

#include <cstdint>

namespace spry::emulator {

/// True for a response that is to be passed on as it arrives.
bool is_streamed(const http::message& request) noexcept;
/// True for one whose mode is none.
bool has_unknown_mode(const http::message& request) noexcept;

/// The outcome of one that has been read to its end: its body, unless it was read in pieces, and
/// what its trailers say, which may turn a response into an error.
function_outcome posted_outcome(const http::message& request, runtime_call call);

/// The outcome of a response with more than `bytes_max` bytes. A chunked one has been read no
/// further than that, so that its size is not known.
function_outcome too_large_outcome(const http::message& request, std::uint64_t bytes_max);

} // namespace spry::emulator
