// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/function.hpp>

namespace spry {

namespace {

std::string_view first_argument(int argc, const char* const* argv) noexcept {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument{argv[i]};
        if (!argument.empty() && !argument.starts_with('-'))
            return argument;
    }
    return {};
}

} // namespace

function_choice choose_function(std::span<const function> table, int argc, const char* const* argv,
                                std::string_view handler_variable) noexcept {
    if (table.size() == 1)
        return {&table.front(), {}};
    std::string_view wanted = first_argument(argc, argv);
    if (wanted.empty())
        wanted = handler_variable;
    for (const function& entry : table) {
        if (entry.name() == wanted)
            return {&entry, {}};
    }
    return {nullptr, wanted};
}

} // namespace spry
