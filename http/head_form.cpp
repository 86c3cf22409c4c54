// SPDX-License-Identifier: Apache-2.0
#include <spry/http/head_form.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/byte_vector.hpp>
#include <spry/http/field_text.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace spry::http {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t length_digits_max = 18; // that many fit into 64 bits, whichever they are

constexpr std::array<std::string_view, 4> meaningful{"Connection", "Proxy-Connection",
                                                     "Transfer-Encoding", "Upgrade"};

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

std::string_view value_of(const header_table::entry& line, const char* head) noexcept {
    return {head + line.value_offset, line.value_size};
}

} // namespace

void head_form::see(std::string_view text, message& read) noexcept {
    if (!std::exchange(has_seen_one_, true))
        return;
    if (!known_)
        known_.reset(new (std::nothrow) pattern);
    if (known_ && !learn(text, read))
        known_->size = 0;
}

bool head_form::learn(std::string_view text, message& read) noexcept {
    // An answer of those that may have a body, and that say how long it is.
    if (read.http_minor_ != 1 || !read.is_success() || read.status_ == 204 || !read.keeps_alive_)
        return false;
    const std::span lines = read.fields_.first(read.head_count_);
    int lengths = 0;
    for (const header_table::entry& line : lines) {
        const std::string_view name = text.substr(line.name_offset, line.name_size);
        if (line.value_size == 0 || is_one_of(name, meaningful))
            return false;
        if (equal_ignoring_case(name, "Content-Length")) {
            known_->length_line = static_cast<std::size_t>(&line - lines.data());
            ++lengths;
        }
    }
    if (lengths != 1 || !known_->take(text, lines))
        return false;
    known_->status = read.status_;
    read.form_number_ = ++known_->number;
    return true;
}

std::size_t head_form::match(std::string_view received, message& into) {
    if (!known_ || known_->size == 0)
        return 0;
    header_table& fields = into.fields_;
    const bool is_laid_out = known_->has_layout_of(received);
    if (is_laid_out)
        fields.assign(std::span{known_->lines}.first(known_->line_count));
    std::uint64_t length = 0;
    if (!(is_laid_out || known_->find_lines(received, fields)) ||
        !read_length(value_of(fields[known_->length_line], received.data()), length)) {
        fields.clear();
        return 0;
    }
    into.head_ = received.data();
    into.status_ = known_->status;
    into.keeps_alive_ = true;
    into.head_count_ = known_->line_count;
    into.form_number_ = known_->number;
    into.content_length_ = length;
    into.framing_ = length > 0 ? body_framing::length : body_framing::none;
    const header_table::entry& last = fields[known_->line_count - 1];
    const std::size_t size = last.value_offset + last.value_size + head_end.size();
    // The next head is likelier to be laid out as this one than as the one before.
    if (!is_laid_out)
        known_->take(received.substr(0, size), fields.first(known_->line_count));
    return size;
}

// False where that is more than there is room for, or does not end behind its lines.
bool head_form::pattern::take(std::string_view text,
                              std::span<const header_table::entry> found) noexcept {
    size = 0;
    SPRY_ASSERT(text.size() >= sizeof(byte_vector)); // a status line and a length have as many
    if (found.size() > lines_max || text.size() > head_bytes_max ||
        text.substr(found.back().value_offset + found.back().value_size) != head_end)
        return false;
    std::ranges::copy(text, bytes.begin());
    line_count = 0;
    for (const header_table::entry& each : found) {
        lines[line_count++] = {static_cast<std::uint16_t>(each.name_offset),
                               static_cast<std::uint16_t>(each.name_size),
                               static_cast<std::uint16_t>(each.value_offset),
                               static_cast<std::uint16_t>(each.value_size)};
        std::fill_n(bytes.data() + each.value_offset, each.value_size, std::uint8_t{0});
        bytes[each.value_offset] = 1;
    }
    size = text.size();
    return true;
}

// Whether everything lies where it lay in the last head.
bool head_form::pattern::has_layout_of(std::string_view received) const noexcept {
    return received.size() >= size && !finds_any(size, [&](std::size_t at) {
               const byte_vector is = load_vector(received.data() + at);
               const byte_vector was = load_vector(bytes.data() + at);
               const byte_vector in_value = found_by(was <= 1);
               // A value's first byte is no space, and none is a control character.
               const byte_vector ends_value = found_by((is < was + 0x20) | (is == 0x7f));
               return (in_value & ends_value) | (~in_value & (is ^ was));
           });
}

// Finds the lines of a head whose values have other lengths; false where it has another form.
bool head_form::pattern::find_lines(std::string_view received, header_table& into) const {
    const char* const end = received.data() + received.size();
    const char* at = received.data();
    const std::uint8_t* literal = bytes.data(); // in front of a value, the last line's end too
    for (const line& known : std::span{lines}.first(line_count)) {
        const std::uint8_t* const known_value = bytes.data() + known.value_offset;
        const std::ptrdiff_t literal_size = known_value - literal;
        // One byte more, for the value.
        if (end - at <= literal_size ||
            std::memcmp(at, literal, static_cast<std::size_t>(literal_size)) != 0)
            return false;
        const char* const value = at + literal_size;
        at = field_text_end(value, end); // a tab is rare, and left to the parser
        if (at == value || *value == ' ')
            return false;
        const auto offset = static_cast<std::uint32_t>(value - received.data());
        const std::uint32_t name_to_value = known.value_offset - known.name_offset;
        *into.add() = {offset - name_to_value, known.name_size, offset,
                       static_cast<std::uint32_t>(at - value)};
        literal = known_value + known.value_size;
    }
    return std::string_view{at, end}.starts_with(head_end);
}

} // namespace spry::http
