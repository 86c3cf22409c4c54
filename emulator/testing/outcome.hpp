// SPDX-License-Identifier: Apache-2.0
// outcome: what an invocation in a test has come to.
#pragma once

#include <spry/emulator/http_answer.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace spry::testing {

/// What the function sent to Lambda, as bytes of the Runtime API, and what it logged meanwhile.
struct outcome {
    /// The handler failed, the stream broke off, or the deadline passed: the caller gets an error.
    bool failed = false;
    /// Of a failure: the exception's type and its text, or "Sandbox.Timedout".
    std::string error_type;
    std::string error_message;
    /// Of a failure: the whole document that Lambda got, JSON with stack and causes.
    std::string error_document;
    /// The answer, or the error, came behind the deadline: Lambda would have ended the process.
    bool timed_out = false;

    /// The response; of a stream all that was sent, without its prelude. Empty where the function
    /// failed, but for a stream that had begun.
    std::string body;
    std::string content_type;

    /// The response was sent while it was produced, in these pieces: one for each write.
    bool is_stream = false;
    std::vector<std::string> chunks;
    /// What stood in front of a streamed HTTP answer: JSON.
    std::string prelude;

    /// All records of the invocation, in the format that was asked for, one in a line; their
    /// timestamps are the machine's. What is printed is not here.
    std::string log;
    /// From event to answer, in the made-up time: what was waited for, exactly. Computing takes
    /// none.
    std::chrono::nanoseconds took{};

    /// What the caller of the function's URL gets. Throws std::runtime_error where that is an
    /// error.
    emulator::http_answer http() const;
};

} // namespace spry::testing
