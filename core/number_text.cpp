// SPDX-License-Identifier: Apache-2.0
#include <spry/core/number_text.hpp>

#include <cmath>
#include <cstring>

#include <simdjson.h>

namespace spry {

namespace {

std::string_view written(char* first, char* last, double number) noexcept {
    if (std::isnan(number))
        return "nan";
    if (std::isinf(number))
        return number < 0 ? "-inf" : "inf";
    // simdjson's: std::to_chars for double costs 122 KB of tables in a musl binary, this one 3 KB.
    const char* end = simdjson::internal::to_chars(first, last, number);
    const std::string_view text{first, static_cast<std::size_t>(end - first)};
    // It marks whole numbers as floating; JSON has one kind of number, and a reader may want an
    // integer.
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

} // namespace

number_text::number_text(double number) noexcept {
    const std::string_view text = written(text_.data(), text_.data() + text_.size(), number);
    size_ = text.size();
    std::memmove(text_.data(), text.data(), size_);
}

} // namespace spry
