// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/trace_variable.hpp>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include <unistd.h>

namespace spry::detail {

namespace {

constexpr std::string_view name = "_X_AMZN_TRACE_ID";
constexpr std::size_t value_offset = name.size() + 1;
constexpr std::size_t size_max = 1024; // of NAME=value, with the zero behind it

// A copy of the environment's pointers with room for one more. putenv would make one too, with a
// malloc that a small function has no other use for and that costs six page faults. The process's,
// as the environment is.
constinit char** own_pointers = nullptr;
constinit std::size_t own_count_max = 0;

std::size_t count_of(char* const* variables) noexcept {
    std::size_t count = 0;
    while (variables[count] != nullptr)
        ++count;
    return count;
}

// Takes the environment over, once; false where that cannot be had. Somebody who changes it
// afterwards makes a copy of his own, as for the array that the process was started with.
bool own_environment() noexcept {
    if (own_pointers != nullptr)
        return environ == own_pointers;
    if (environ == nullptr)
        return false;
    const std::size_t count = count_of(environ);
    own_pointers = new (std::nothrow) char*[count + 2];
    if (own_pointers == nullptr)
        return false;
    std::memcpy(own_pointers, environ, (count + 1) * sizeof(char*));
    own_count_max = count + 1;
    environ = own_pointers;
    return true;
}

// putenv(3), of which the process may have set the variable before.
bool put_into_environment(char* definition) noexcept {
    if (!own_environment())
        return ::putenv(definition) == 0;
    std::size_t count = 0;
    for (; environ[count] != nullptr; ++count) {
        const char* const variable = environ[count];
        if (std::strncmp(variable, name.data(), name.size()) == 0 && variable[name.size()] == '=') {
            environ[count] = definition;
            return true;
        }
    }
    if (count == own_count_max)
        return ::putenv(definition) == 0;
    environ[count] = definition;
    environ[count + 1] = nullptr;
    return true;
}

} // namespace

void trace_variable::set(std::string_view trace_id) noexcept {
    const std::size_t size = value_offset + trace_id.size() + 1;
    if (trace_id.empty() || size > size_max || !make_room(size)) {
        unset();
        return;
    }
    std::memcpy(definition_.get() + value_offset, trace_id.data(), trace_id.size());
    definition_[size - 1] = '\0';
    // Once it is part of the environment, changing our memory changes the variable (putenv(3)).
    if (is_set_)
        return;
    std::memcpy(definition_.get(), name.data(), name.size());
    definition_[name.size()] = '=';
    is_set_ = put_into_environment(definition_.get());
}

// For the next ids too, which differ by a few bytes.
bool trace_variable::make_room(std::size_t size) noexcept {
    if (size <= capacity_)
        return true;
    unset();
    capacity_ = 0;
    const std::size_t wanted = std::bit_ceil(size);
    definition_.reset(new (std::nothrow) char[wanted]);
    if (definition_ == nullptr)
        return false;
    capacity_ = wanted;
    return true;
}

void trace_variable::unset() noexcept {
    if (!is_set_)
        return;
    ::unsetenv(name.data());
    is_set_ = false;
}

} // namespace spry::detail
