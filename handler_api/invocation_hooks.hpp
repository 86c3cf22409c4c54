// SPDX-License-Identifier: Apache-2.0
// What a process may want to see of each of its invocations, whichever handler answers it.
#pragma once

#include <chrono>
#include <string_view>

namespace spry {

class context;
class response;

/// How an invocation has ended. Valid during the call of the hook.
struct invocation_outcome {
    /// What the handler returned; null where it failed. A stream's bytes have been sent.
    const response* answer = nullptr;
    /// Where the handler failed, as in its error document: the exception's type and text.
    std::string_view error_type;
    std::string_view error_message;

    bool failed() const noexcept { return answer == nullptr; }
};

/// Called before the handler, which it delays. It cannot fail the invocation: who may, wraps the
/// handler.
using invocation_start_hook = void (*)(const context& about) noexcept;
/// Called once the answer, or the error document, has been taken or refused, and before the next
/// event is asked for: the caller does not wait for it, and the environment is not frozen yet.
using invocation_end_hook = void (*)(const context& about,
                                     const invocation_outcome& ended) noexcept;

/// What `run_options` say about every invocation.
struct invocation_hooks {
    invocation_start_hook start = nullptr;
    invocation_end_hook end = nullptr;
    std::chrono::milliseconds stop_margin{100}; ///< before the deadline
};

} // namespace spry
