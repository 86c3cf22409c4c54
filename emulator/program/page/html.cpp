// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/page/html.hpp>

#include <spry/core/utf8.hpp>

#include <cstddef>

namespace spry::emulator {

namespace {

// U+2400 and the control character's number; U+2421 for DEL.
void append_picture(std::string& to, unsigned char control) {
    to += "\xE2\x90";
    to += static_cast<char>(0x80 + (control == 0x7f ? 0x21 : control));
}

} // namespace

std::string html_text(std::string_view text) {
    const std::string valid = utf8::repaired(text);
    std::string escaped;
    escaped.reserve(valid.size() + valid.size() / 8);
    for (std::size_t i = 0; i != valid.size(); ++i) {
        const auto byte = static_cast<unsigned char>(valid[i]);
        const bool is_line_end =
            byte == '\n' || (byte == '\r' && i + 1 != valid.size() && valid[i + 1] == '\n');
        switch (byte) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&#39;";
            break;
        default:
            if ((byte < 0x20 && byte != '\t' && !is_line_end) || byte == 0x7f)
                append_picture(escaped, byte);
            else
                escaped += valid[i];
        }
    }
    return escaped;
}

} // namespace spry::emulator
