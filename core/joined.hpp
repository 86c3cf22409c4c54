// SPDX-License-Identifier: Apache-2.0
// joined: one text from several, with one allocation at most.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace spry {

/// The parts one behind the other. Throws std::bad_alloc.
inline std::string joined(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts)
        size += part.size();
    std::string text;
    text.reserve(size);
    for (const std::string_view part : parts)
        text.append(part);
    return text;
}

} // namespace spry
