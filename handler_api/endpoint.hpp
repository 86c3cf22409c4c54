// SPDX-License-Identifier: Apache-2.0
// Where the Runtime API is: the value of AWS_LAMBDA_RUNTIME_API in all the forms it takes.
#pragma once

#include <cstdint>
#include <string_view>

namespace spry {

/// `http://host:port/base`, of which only the host is mandatory (runtime-contract 1.1). Views into
/// the parsed text.
struct endpoint {
    std::string_view authority; ///< host and port as they were written: the Host header
    std::string_view host; ///< a name, an IPv4 address, or an IPv6 address without its brackets
    std::uint16_t port = 80;
    std::string_view
        base_path; ///< "" or "/.rt/name": goes before every path, without a slash at its end
};

/// Either an endpoint or, where the text is none, a phrase that says why.
struct endpoint_parse {
    endpoint value;
    std::string_view problem; ///< empty on success; static text

    explicit operator bool() const noexcept { return problem.empty(); }
};

endpoint_parse parse_endpoint(std::string_view text) noexcept;

} // namespace spry
