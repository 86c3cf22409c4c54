// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/trace_context.hpp>

#include <spry/core/trimmed.hpp>

#include <span>

namespace spry {

namespace {

// The digit in lower case, or '\0' for what is none.
char hexadecimal(char digit) noexcept {
    if ((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'))
        return digit;
    if (digit >= 'A' && digit <= 'F')
        return static_cast<char>(digit - 'A' + 'a');
    return '\0';
}

// Fills `id` with the digits of `text`; false where they are not as many, not all digits, or all
// zero, which is no id in either form.
bool read_id(std::string_view text, std::span<char> id) noexcept {
    if (text.size() != id.size())
        return false;
    bool is_zero = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        id[i] = hexadecimal(text[i]);
        if (id[i] == '\0')
            return false;
        is_zero = is_zero && id[i] == '0';
    }
    return !is_zero;
}

bool is_lower_case(std::string_view text) noexcept {
    for (const char character : text) {
        if (character >= 'A' && character <= 'Z')
            return false;
    }
    return true;
}

// "1-" 8 digits "-" 24 digits.
bool read_root(std::string_view root, std::span<char> id) noexcept {
    constexpr std::size_t epoch_at = 2;
    constexpr std::size_t unique_at = 11;
    constexpr std::size_t size = 35;
    if (root.size() != size || !root.starts_with("1-") || root[unique_at - 1] != '-')
        return false;
    std::array<char, 32> digits;
    const std::size_t epoch_size = root.copy(digits.data(), unique_at - 1 - epoch_at, epoch_at);
    root.copy(digits.data() + epoch_size, size - unique_at, unique_at);
    return read_id({digits.data(), digits.size()}, id);
}

} // namespace

trace_context trace_context::parse(std::string_view header) noexcept {
    header = trimmed(header);
    return header.find('=') == header.npos ? parse_traceparent(header) : parse_xray(header);
}

trace_context trace_context::parse_xray(std::string_view header) noexcept {
    trace_context read;
    while (!header.empty()) {
        const std::string_view pair = header.substr(0, header.find(';'));
        header.remove_prefix(pair.size() < header.size() ? pair.size() + 1 : pair.size());
        const std::size_t equals = pair.find('=');
        if (equals == pair.npos)
            continue;
        const std::string_view key = trimmed(pair.substr(0, equals));
        const std::string_view value = trimmed(pair.substr(equals + 1));
        if (key == "Root") {
            read.has_trace_ = read_root(value, read.trace_id_);
        } else if (key == "Parent") {
            read.has_parent_ = read_id(value, read.parent_id_);
        } else if (key == "Sampled") {
            read.sampled_ = value == "1"   ? sampling::yes
                            : value == "0" ? sampling::no
                                           : sampling::undecided;
        } else if (key == "Lineage") {
            read.lineage_ = value;
        }
    }
    return read.has_trace_ ? read : trace_context{};
}

trace_context trace_context::parse_traceparent(std::string_view header) noexcept {
    constexpr std::size_t size = 55;
    constexpr std::size_t trace_at = 3;
    constexpr std::size_t parent_at = 36;
    constexpr std::size_t flags_at = 53;
    if (header.size() < size || header[2] != '-' || header[35] != '-' || header[52] != '-' ||
        !is_lower_case(header.substr(0, size)))
        return {};
    // A later version may have more behind the flags, behind a dash; version 255 is forbidden.
    const std::string_view version = header.substr(0, 2);
    if (hexadecimal(version[0]) == '\0' || hexadecimal(version[1]) == '\0' || version == "ff" ||
        (header.size() > size && (version == "00" || header[size] != '-')))
        return {};
    trace_context read;
    read.has_trace_ = read_id(header.substr(trace_at, 32), read.trace_id_);
    read.has_parent_ = read_id(header.substr(parent_at, 16), read.parent_id_);
    const char high = hexadecimal(header[flags_at]);
    const char low = hexadecimal(header[flags_at + 1]);
    if (!read.has_trace_ || !read.has_parent_ || high == '\0' || low == '\0')
        return {};
    const int flags = low <= '9' ? low - '0' : low - 'a' + 10;
    read.sampled_ = (flags & 1) != 0 ? sampling::yes : sampling::no;
    return read;
}

trace_context::text trace_context::traceparent() const noexcept {
    text written;
    if (!has_trace_ || !has_parent_)
        return written;
    written.append("00-");
    written.append(trace_id());
    written.append("-");
    written.append(parent_id());
    written.append(sampled_ == sampling::yes ? "-01" : "-00");
    return written;
}

trace_context::text trace_context::xray() const noexcept {
    text written;
    if (!has_trace_)
        return written;
    written.append("Root=1-");
    written.append(trace_id().substr(0, 8));
    written.append("-");
    written.append(trace_id().substr(8));
    if (has_parent_) {
        written.append(";Parent=");
        written.append(parent_id());
    }
    if (sampled_ != sampling::undecided)
        written.append(sampled_ == sampling::yes ? ";Sampled=1" : ";Sampled=0");
    return written;
}

trace_context trace_context::with_parent(std::string_view span_id) const noexcept {
    trace_context called = *this;
    if (has_trace_ && read_id(span_id, called.parent_id_)) {
        called.has_parent_ = true;
        return called;
    }
    return *this;
}

} // namespace spry
