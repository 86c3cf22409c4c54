// SPDX-License-Identifier: Apache-2.0
// _X_AMZN_TRACE_ID: how SDKs inside a function find the invocation's trace (runtime-contract 4.2).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace spry::detail {

/// Keeps the variable in step with the invocation. It lends its own memory to the environment,
/// since setenv allocates for each value: as much as the longest so far has needed, and none before
/// the first. The variable is gone when the object dies. One per process, on the thread that runs
/// the handlers, between invocations: getenv elsewhere at that moment is a race.
class trace_variable {
public:
    trace_variable() noexcept = default;
    trace_variable(const trace_variable&) = delete;
    trace_variable& operator=(const trace_variable&) = delete;
    ~trace_variable() { unset(); }

    /// Sets the variable, or unsets it for an empty id or one that is longer than any trace header
    /// is, and where there is no memory.
    void set(std::string_view trace_id) noexcept;

private:
    bool make_room(std::size_t size) noexcept;
    void unset() noexcept;

    std::unique_ptr<char[]> definition_; // NAME=value
    std::size_t capacity_ = 0;
    bool is_set_ = false;
};

} // namespace spry::detail
