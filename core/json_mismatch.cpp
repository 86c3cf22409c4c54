// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_mismatch.hpp>

#include <spry/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace spry::json {

namespace {

/// A key longer than this is cut: the line must stay readable.
constexpr std::size_t key_bytes_max = 48;
constexpr std::string_view ellipsis = "...";

/// Digits of any std::size_t.
struct digits {
    std::array<char, 20> bytes;
    std::size_t size;

    explicit digits(std::size_t number) noexcept
        : size(static_cast<std::size_t>(
              std::to_chars(bytes.data(), bytes.data() + bytes.size(), number).ptr -
              bytes.data())) {}
    std::string_view text() const noexcept { return {bytes.data(), size}; }
};

bool is_name(std::string_view key) noexcept {
    if (key.empty() || (key[0] >= '0' && key[0] <= '9'))
        return false;
    return std::all_of(key.begin(), key.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '$';
    });
}

} // namespace

void mismatch::clear() noexcept {
    path_size_ = 0;
    text_size_ = 0;
    path_cut_ = false;
}

void mismatch::prepend_member(std::string_view key) noexcept {
    const bool cut = key.size() > key_bytes_max;
    key = utf8::prefix(key, key_bytes_max);
    if (is_name(key) && !cut) {
        prepend(key);
        prepend(".");
        return;
    }
    std::array<char, key_bytes_max> clean;
    std::transform(key.begin(), key.end(), clean.begin(), [](char byte) {
        const auto value = static_cast<unsigned char>(byte);
        return value < 0x20 || value == 0x7F || byte == '"' ? '?' : byte;
    });
    prepend("\"]");
    if (cut)
        prepend(ellipsis);
    prepend({clean.data(), key.size()});
    prepend("[\"");
}

void mismatch::prepend_index(std::size_t index) noexcept {
    prepend("]");
    prepend(digits(index).text());
    prepend("[");
}

void mismatch::finish_expected(std::string_view expected, std::string_view found) noexcept {
    append("at ");
    append_path();
    append(": expected ");
    append(expected);
    append(", found ");
    append(found);
}

void mismatch::finish_missing() noexcept {
    append_path();
    append(" is required and missing");
}

void mismatch::finish_invalid(std::size_t byte, std::string_view reason) noexcept {
    append("at byte ");
    append(digits(byte).text());
    append(": not valid JSON: ");
    append(reason);
}

/// Whole pieces or nothing: what lies nearest to the failing value stays.
void mismatch::prepend(std::string_view piece) noexcept {
    if (path_cut_ || path_size_ + piece.size() > path_.size()) {
        path_cut_ = true;
        return;
    }
    path_size_ += piece.size();
    std::memcpy(path_.data() + path_.size() - path_size_, piece.data(), piece.size());
}

void mismatch::append(std::string_view piece) noexcept {
    piece = utf8::prefix(piece, text_.size() - text_size_);
    std::memcpy(text_.data() + text_size_, piece.data(), piece.size());
    text_size_ += piece.size();
}

void mismatch::append_path() noexcept {
    if (path_size_ == 0 && !path_cut_)
        append("the top level");
    if (path_cut_)
        append(ellipsis);
    append({path_.data() + path_.size() - path_size_, path_size_});
}

} // namespace spry::json
