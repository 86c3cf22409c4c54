// SPDX-License-Identifier: Apache-2.0
#include <spry/http/head_form.hpp>

#include <spry/http/field_text.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace spry::http {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t length_digits_max = 18; // that many fit into 64 bits, whichever they are

constexpr std::array<std::string_view, 4> meaningful{"Connection", "Proxy-Connection",
                                                     "Transfer-Encoding", "Upgrade"};

// A memcmp of a constant size is a load or two, and most literals are longer than sixteen bytes.
template <std::size_t Step>
bool equal_in_steps(const char* left, const char* right, std::size_t size) noexcept {
    const std::size_t last = size - Step;
    for (std::size_t at = 0; at < last; at += Step) {
        if (std::memcmp(left + at, right + at, Step) != 0)
            return false;
    }
    return std::memcmp(left + last, right + last, Step) == 0; // overlaps the step before
}

bool equal_bytes(const char* left, const char* right, std::size_t size) noexcept {
    if (size >= 16)
        return equal_in_steps<16>(left, right, size);
    if (size >= 8)
        return equal_in_steps<8>(left, right, size);
    return std::memcmp(left, right, size) == 0;
}

bool read_length(std::string_view text, std::uint64_t& length) noexcept {
    if (text.size() > length_digits_max)
        return false;
    length = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9')
            return false;
        length = length * 10 + static_cast<unsigned char>(digit - '0');
    }
    return true;
}

} // namespace

bool head_form::literal_parts::add(std::string_view literal, const line& of) noexcept {
    if (line_count == lines_max || text_size + literal.size() > literals_max)
        return false;
    std::ranges::copy(literal, text.data() + text_size);
    text_size += literal.size();
    lines[line_count++] = of;
    return true;
}

void head_form::see(std::string_view text, const message& read) noexcept {
    if (!std::exchange(has_seen_one_, true))
        return;
    if (!known_)
        known_.reset(new (std::nothrow) literal_parts);
    if (known_ && !learn(text, read))
        known_->line_count = 0;
}

bool head_form::learn(std::string_view text, const message& read) noexcept {
    known_->line_count = 0;
    known_->text_size = 0;
    known_->status = read.status_;
    if (read.http_minor_ != 1 || !read.is_success() || !read.keeps_alive_)
        return false;
    std::size_t at = 0;
    int lengths = 0;
    for (std::size_t i = 0; i != read.head_count_; ++i) {
        const header_table::entry& entry = read.fields_[i];
        const std::string_view name = text.substr(entry.name_offset, entry.name_size);
        if (entry.value_size == 0 || is_one_of(name, meaningful))
            return false;
        const bool is_length = equal_ignoring_case(name, "Content-Length");
        lengths += is_length ? 1 : 0;
        const std::string_view literal = text.substr(at, entry.value_offset - at);
        const line found{
            static_cast<std::uint16_t>(literal.size()), static_cast<std::uint16_t>(entry.name_size),
            static_cast<std::uint16_t>(entry.value_offset - entry.name_offset), is_length};
        if (!known_->add(literal, found))
            return false;
        at = entry.value_offset + entry.value_size;
    }
    // An answer with a length, and of those that may have a body.
    return lengths == 1 && read.status_ != 204 && text.substr(at) == head_end;
}

std::size_t head_form::match(std::string_view received, message& into) const {
    if (!known_ || known_->line_count == 0)
        return 0;
    std::uint64_t length = 0;
    const char* const body = walk(received, into.fields_, length);
    if (body == nullptr) {
        into.fields_.clear();
        return 0;
    }
    into.head_ = received.data();
    into.status_ = known_->status;
    into.keeps_alive_ = true;
    into.head_count_ = known_->line_count;
    into.content_length_ = length;
    into.framing_ = length > 0 ? body_framing::length : body_framing::none;
    return static_cast<std::size_t>(body - received.data());
}

// Behind the head, or null.
const char* head_form::walk(std::string_view received, header_table& fields,
                            std::uint64_t& length) const {
    const char* const end = received.data() + received.size();
    const char* at = received.data();
    const char* literal = known_->text.data();
    for (const line& known : std::span{known_->lines}.first(known_->line_count)) {
        // One byte more, for the value.
        if (end - at <= known.literal_size || !equal_bytes(at, literal, known.literal_size))
            return nullptr;
        at += known.literal_size;
        literal += known.literal_size;
        const char* const value = at;
        at = field_text_end(value, end); // a tab is rare, and left to the parser
        if (at == value || *value == ' ')
            return nullptr;
        if (known.is_content_length && !read_length({value, at}, length))
            return nullptr;
        const auto offset = static_cast<std::uint32_t>(value - received.data());
        *fields.add() = {offset - known.name_to_value, known.name_size, offset,
                         static_cast<std::uint32_t>(at - value)};
    }
    const bool ends = std::string_view{at, end}.starts_with(head_end);
    return ends ? at + head_end.size() : nullptr;
}

} // namespace spry::http
