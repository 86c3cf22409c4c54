// SPDX-License-Identifier: Apache-2.0
// A chunked body read as RFC 9112 7.1 writes it, and more strictly than any server does: no chunk
// extensions, no blanks. It uses nothing of spry, so that both sides cannot share a mistake.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spry::testing {

struct chunked_body {
    enum class state { whole, incomplete, malformed };

    state is = state::incomplete;
    std::vector<std::string> chunks; ///< those that are whole, without the last
    std::string trailers;            ///< complete lines
    std::size_t size = 0;            ///< of all that belongs to the body, where it is whole

    std::string text() const {
        std::string all;
        for (const std::string& chunk : chunks)
            all += chunk;
        return all;
    }
};

inline chunked_body read_chunked_body(std::string_view text) {
    constexpr std::string_view line_end = "\r\n";
    constexpr std::string_view digits = "0123456789abcdef";
    chunked_body body;
    const std::size_t all = text.size();
    const auto cut_here = [&body, &text](std::string_view expected) {
        const bool may_come = expected.starts_with(text.substr(0, expected.size()));
        body.is = may_come ? chunked_body::state::incomplete : chunked_body::state::malformed;
        return body;
    };
    while (true) {
        std::size_t size = 0;
        std::size_t count = 0;
        for (; count < text.size() && digits.find(text[count]) != digits.npos; ++count)
            size = size * 16 + digits.find(text[count]);
        if (count > 15 || (count == 0 && !text.empty()) || (count > 1 && text.front() == '0')) {
            body.is = chunked_body::state::malformed;
            return body;
        }
        text.remove_prefix(count);
        if (!text.starts_with(line_end))
            return cut_here(line_end);
        text.remove_prefix(line_end.size());
        if (size == 0)
            break;
        if (text.size() < size)
            return body;
        const std::string_view data = text.substr(0, size);
        text.remove_prefix(size);
        if (!text.starts_with(line_end))
            return cut_here(line_end);
        text.remove_prefix(line_end.size());
        body.chunks.emplace_back(data);
    }
    std::string trailers;
    while (!text.starts_with(line_end)) {
        const std::size_t end = text.find(line_end);
        if (end == text.npos)
            return body;
        trailers.append(text.substr(0, end + line_end.size()));
        text.remove_prefix(end + line_end.size());
    }
    text.remove_prefix(line_end.size());
    body.trailers = std::move(trailers);
    body.size = all - text.size();
    body.is = chunked_body::state::whole;
    return body;
}

} // namespace spry::testing
