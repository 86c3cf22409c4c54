// SPDX-License-Identifier: Apache-2.0
// _X_AMZN_TRACE_ID: how SDKs inside a function find the invocation's trace (runtime-contract 4.2).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace spry::detail {

/// Keeps the variable in step with the invocation. It lends its own memory to the environment,
/// since setenv allocates for each value; the variable is gone when the object dies. One per
/// process, on the thread that runs the handlers, between invocations: getenv elsewhere at that
/// moment is a race.
class trace_variable {
public:
    trace_variable() noexcept = default;
    trace_variable(const trace_variable&) = delete;
    trace_variable& operator=(const trace_variable&) = delete;
    ~trace_variable() { unset(); }

    /// Sets the variable, or unsets it for an empty id or one that is longer than any trace header
    /// is.
    void set(std::string_view trace_id) noexcept;

private:
    void unset() noexcept;

    static constexpr std::string_view name = "_X_AMZN_TRACE_ID";

    std::array<char, 1024> definition_; // NAME=value
    bool is_set_ = false;
};

} // namespace spry::detail
