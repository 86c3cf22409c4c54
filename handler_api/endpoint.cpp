// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/endpoint.hpp>

#include <charconv>
#include <system_error>

namespace spry {

namespace {

endpoint_parse refused(std::string_view problem) noexcept {
    return {{}, problem};
}

bool is_visible(char character) noexcept {
    return character > ' ' && character < '\x7f';
}

bool is_scheme(std::string_view text) noexcept {
    return text.size() == 4 && (text[0] | 0x20) == 'h' && (text[1] | 0x20) == 't' &&
           (text[2] | 0x20) == 't' && (text[3] | 0x20) == 'p';
}

} // namespace

endpoint_parse parse_endpoint(std::string_view text) noexcept {
    bool has_query = false;
    for (const char character : text) {
        if (!is_visible(character))
            return refused("it has a blank or a control character");
        has_query = has_query || character == '?' || character == '#';
    }
    std::size_t path_start = text.find('/');
    if (path_start != text.npos && path_start > 0 && text.substr(path_start - 1, 3) == "://") {
        if (!is_scheme(text.substr(0, path_start - 1)))
            return refused("only the scheme http:// is spoken");
        text.remove_prefix(path_start + 2);
        path_start = text.find('/');
    }
    if (has_query)
        return refused("it has a query or a fragment");

    endpoint parsed;
    if (path_start != text.npos) {
        parsed.base_path = text.substr(path_start);
        while (parsed.base_path.ends_with('/'))
            parsed.base_path.remove_suffix(1);
        text = text.substr(0, path_start);
    }
    if (text.find('@') != text.npos)
        return refused("it has a user name");

    parsed.authority = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == text.npos)
            return refused("the IPv6 address has no closing bracket");
        parsed.host = text.substr(1, close - 1);
        port = text.substr(close + 1);
    } else {
        const std::size_t colon = text.find(':');
        if (colon != text.npos && text.find(':', colon + 1) != text.npos)
            return refused("an IPv6 address stands in brackets, as in [::1]:9001");
        parsed.host = text.substr(0, colon);
        port = colon == text.npos ? std::string_view{} : text.substr(colon);
    }
    if (parsed.host.empty())
        return refused("the host is missing");
    if (port.empty())
        return {parsed, {}};

    if (port.front() != ':')
        return refused("there is something between the host and the port");
    port.remove_prefix(1);
    const char* const port_end = port.data() + port.size();
    const auto [behind, error] = std::from_chars(port.data(), port_end, parsed.port);
    if (error != std::errc{} || behind != port_end || parsed.port == 0)
        return refused("the port is not a number from 1 to 65535");
    return {parsed, {}};
}

} // namespace spry
