// SPDX-License-Identifier: Apache-2.0
// middleware_auth: lets requests with the right bearer token through to a handler that trusts its
// callers. Events are those of a function URL:
//
//     TOKEN=secret middleware_auth
//     {"headers":{"authorization":"Bearer secret"},"body":"tea"}
#include <spry/spry.hpp>

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

struct request_headers {
    std::string_view authorization;
};
SPRY_JSON(request_headers, authorization)

struct request {
    request_headers headers;
};
SPRY_JSON(request, headers)

// Takes as long for any two texts of one length, so that nobody guesses the token byte by byte.
bool is_same(std::string_view left, std::string_view right) {
    if (left.size() != right.size())
        return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i != left.size(); ++i)
        difference |= static_cast<unsigned char>(left[i] ^ right[i]);
    return difference == 0;
}

// No coroutine: what it returns is the answer, or nothing, and then the handler is called. Without
// a token nobody is let through.
struct bearer {
    std::string_view token;

    std::optional<spry::response> operator()(spry::event event, spry::context& context) const {
        constexpr std::string_view scheme = "Bearer ";
        const spry::result<request> read = event.read<request>();
        if (read && !token.empty() && read->headers.authorization.starts_with(scheme) &&
            is_same(read->headers.authorization.substr(scheme.size()), token))
            return std::nullopt;
        context.log().warn("refused");
        return spry::response::json(R"({"statusCode":401,"body":"a token, please"})");
    }
};

struct order {
    std::string_view body;
};
SPRY_JSON(order, body)

struct confirmation {
    int statusCode = 200; // the service's own name
    std::string_view body;
};
SPRY_JSON(confirmation, statusCode, body)

confirmation take(order wanted) {
    return confirmation{200, wanted.body};
}

int main(int argc, char** argv) {
    const char* const token = std::getenv("TOKEN");
    return spry::run(argc, argv,
                     {{"orders", spry::wrap(bearer{token == nullptr ? "" : token}, take)}});
}
