// SPDX-License-Identifier: Apache-2.0
// The target of the request and of the response parser: a stream of messages, read in several ways
// that must tell the same story.
#pragma once

#include <spry/http/message.hpp>

#include "support/input.hpp"

#include <string>
#include <string_view>

namespace spry::fuzz {

/// What a message says, in a form that can be compared; `body` apart, since it may have been read
/// in pieces.
std::string story_of(const http::message& read, std::string_view body);

/// The input: a byte of settings (see messages.cpp), a byte that says how to cut, then what comes
/// through the socket. Aborts where two ways of reading differ.
void read_messages(http::message_kind kind, input from);

} // namespace spry::fuzz
