// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/function_table.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace spry::emulator {

namespace {

constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t name_size_max = 64;
constexpr std::size_t qualifier_size_max = 128;
constexpr std::size_t part_size_max = 64; // of an ARN: partition, region, account

bool is_made_of(std::string_view text, std::string_view characters, std::size_t max) noexcept {
    return !text.empty() && text.size() <= max && text.find_first_not_of(characters) == text.npos;
}

} // namespace

bool is_qualifier(std::string_view text) noexcept {
    return text == "$LATEST" || is_made_of(text, name_characters, qualifier_size_max);
}

std::optional<function_reference> parse_function_reference(std::string_view text) noexcept {
    std::array<std::string_view, 8> parts; // as many as the longest form has
    std::size_t count = 0;
    for (bool more = true; more; ++count) {
        if (count == parts.size())
            return std::nullopt;
        const std::size_t colon = text.find(':');
        parts[count] = text.substr(0, colon);
        more = colon != text.npos;
        text.remove_prefix(more ? colon + 1 : text.size());
    }

    function_reference found;
    std::span<const std::string_view> left{parts.data(), count};
    if (parts[0] == "arn" && count >= 7) {
        if (parts[2] != "lambda" || parts[5] != "function")
            return std::nullopt;
        for (const std::size_t i : {1U, 3U, 4U}) {
            if (!is_made_of(parts[i], name_characters, part_size_max))
                return std::nullopt;
        }
        found.is_arn = true;
        left = left.subspan(6);
    } else if (count >= 3 && parts[1] == "function" &&
               is_made_of(parts[0], "0123456789", part_size_max)) {
        left = left.subspan(2);
    }
    if (left.size() > 2 || !is_made_of(left[0], name_characters, name_size_max))
        return std::nullopt;
    found.name = left[0];
    if (left.size() == 2) {
        if (!is_qualifier(left[1]))
            return std::nullopt;
        found.qualifier = left[1];
    }
    return found;
}

void function_table::add(io::event_loop& loop, function_program program, log_writer& log,
                         const dispatcher_options& options) {
    programs_.push_back(std::move(program));
    dispatchers_.push_back(std::make_unique<dispatcher>(loop, programs_.back(), log, options));
}

dispatcher* function_table::find(std::string_view name) noexcept {
    if (any_name_)
        return dispatchers_.front().get();
    for (const auto& each : dispatchers_) {
        if (each->program().name == name)
            return each.get();
    }
    return nullptr;
}

std::string function_table::names() const {
    std::string names;
    for (const auto& each : dispatchers_) {
        if (!names.empty())
            names += ", ";
        names += each->program().name;
    }
    return names;
}

} // namespace spry::emulator
