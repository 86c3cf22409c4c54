// SPDX-License-Identifier: Apache-2.0
// web: answers browsers, at the function's URL: a page with a form that greets by the name that was
// sent, and remembers it in a cookie.
//
//     web, then http://localhost:9000/lambda-url/web/       PORT=8080 web, then
//     http://localhost:8080/
#include <spry/spry.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

// Of the event that a request becomes, what this function looks at.
struct form {
    std::string_view name;
};
SPRY_JSON(form, name)

struct request {
    std::string_view rawPath;
    form queryStringParameters; // absent without a query: the name stays empty
    std::vector<std::string_view> cookies;
};
SPRY_JSON(request, rawPath, queryStringParameters, cookies)

// The names are the service's own.
struct answer {
    int statusCode = 200;
    std::map<std::string, std::string> headers{{"content-type", "text/html; charset=utf-8"}};
    std::vector<std::string> cookies;
    std::string body;
};
SPRY_JSON(answer, statusCode, headers, cookies, body)

std::string escaped(std::string_view text) {
    std::string html;
    for (const char c : text) {
        switch (c) {
        case '&':
            html += "&amp;";
            break;
        case '<':
            html += "&lt;";
            break;
        case '"':
            html += "&quot;";
            break;
        default:
            html += c;
        }
    }
    return html;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 15];
    }
    return encoded;
}

bool was_here(const request& asked) {
    for (const std::string_view cookie : asked.cookies) {
        if (cookie.starts_with("name="))
            return true;
    }
    return false;
}

answer serve(request asked) {
    answer page;
    if (asked.rawPath != "/") {
        page.statusCode = 404;
        page.body = "<!doctype html><title>Not found</title><p>Nothing is here.";
        return page;
    }
    const std::string_view name = asked.queryStringParameters.name;
    page.body = "<!doctype html><html lang=en><title>Hello</title><h1>Hello, " +
                escaped(name.empty() ? "whoever you are" : name) + "</h1>";
    if (was_here(asked))
        page.body += "<p>Here you are again.";
    page.body += "<form><label>Your name <input name=name></label> <button>Send</button></form>";
    if (!name.empty())
        page.cookies.push_back("name=" + percent_encoded(name) + "; HttpOnly; SameSite=Lax");
    return page;
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"web", serve}});
}
