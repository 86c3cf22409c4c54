// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/trace_variable.hpp>

#include <cstdlib>
#include <cstring>

namespace spry::detail {

void trace_variable::set(std::string_view trace_id) noexcept {
    constexpr std::size_t value_offset = name.size() + 1;
    if (trace_id.empty() || value_offset + trace_id.size() + 1 > definition_.size()) {
        unset();
        return;
    }
    std::memcpy(definition_.data() + value_offset, trace_id.data(), trace_id.size());
    definition_[value_offset + trace_id.size()] = '\0';
    // Once it is part of the environment, changing our memory changes the variable (putenv(3)).
    if (is_set_)
        return;
    std::memcpy(definition_.data(), name.data(), name.size());
    definition_[name.size()] = '=';
    is_set_ = ::putenv(definition_.data()) == 0;
}

void trace_variable::unset() noexcept {
    if (!is_set_)
        return;
    ::unsetenv("_X_AMZN_TRACE_ID");
    is_set_ = false;
}

} // namespace spry::detail
