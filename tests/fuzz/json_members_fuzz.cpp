// SPDX-License-Identifier: Apache-2.0
// json_members finds in an object, and in the objects in it, what json::reader finds there.
#include "support/input.hpp"

#include <spry/core/arena.hpp>
#include <spry/core/assert.hpp>
#include <spry/core/json.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/emulator/json_members.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace spry;

// As json::reader wants it: with something behind it.
template <typename T>
result<T> read(std::string_view text, std::pmr::memory_resource& memory, json::reader& reader,
               std::string& padded) {
    padded = text;
    padded.append(json::padding, ' ');
    return reader.read<T>(std::string_view{padded}.substr(0, text.size()), memory);
}

void check_string(std::string_view quoted) {
    arena memory;
    json::reader reader;
    std::string padded;
    const auto text = read<std::string>(quoted, memory, reader, padded);
    SPRY_ASSERT(text && *text == emulator::json_text(quoted));
}

void check_array(std::string_view array);

void check_object(std::string_view object) {
    std::map<std::string, std::string_view> found;
    for (emulator::json_members members{object}; const auto member = members.next();)
        found.try_emplace(emulator::json_text(member->key), member->value);

    arena memory;
    json::reader reader;
    std::string padded;
    const auto expected = read<std::map<std::string, json::raw>>(object, memory, reader, padded);
    SPRY_ASSERT(!expected || expected->size() == found.size());
    for (const auto& [name, value] : found) {
        SPRY_ASSERT(!expected || expected->at(name).text == value);
        if (value.starts_with('"'))
            check_string(value);
        else if (value.starts_with('{'))
            check_object(value);
        else if (value.starts_with('['))
            check_array(value);
    }
}

void check_array(std::string_view array) {
    arena memory;
    json::reader reader;
    std::string padded;
    const auto expected = read<std::vector<json::raw>>(array, memory, reader, padded);
    std::size_t count = 0;
    for (emulator::json_members members{array}; const auto member = members.next(); ++count) {
        SPRY_ASSERT(member->key.empty());
        SPRY_ASSERT(!expected || expected->at(count).text == member->value);
    }
    SPRY_ASSERT(!expected || expected->size() == count);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (!text.empty() && !json::find_syntax_error(text)) {
        if (const auto object = emulator::json_object_in(text))
            check_object(*object);
        else if (text.front() == '[')
            check_array(text);
        else if (text.front() == '"')
            check_string(text.substr(0, text.find_last_of('"') + 1));
    }
    return 0;
}
