// SPDX-License-Identifier: Apache-2.0
// The target of the request and of the response parser: a stream of messages, read in several ways
// that must tell the same story.
#pragma once

#include <spry/http/message.hpp>

#include "support/input.hpp"

namespace spry::fuzz {

/// The input: a byte of settings (see messages.cpp), a byte that says how to cut, then what comes
/// through the socket. Aborts where two ways of reading differ.
void read_messages(http::message_kind kind, input from);

} // namespace spry::fuzz
