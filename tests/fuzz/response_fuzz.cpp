// SPDX-License-Identifier: Apache-2.0
// Answers as a client reads them, interim ones included.
#include "support/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    spry::fuzz::read_messages(spry::http::message_kind::response, {data, size});
    return 0;
}
