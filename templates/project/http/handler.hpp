#pragma once

#include <spry/spry.hpp>

#include <map>
#include <string>
#include <string_view>

// Of the event that a function URL, or API Gateway, makes of a request, what is looked at here.
// The names are the service's own.
struct query {
    std::string_view name = "world";
};
SPRY_JSON(query, name)

struct request {
    std::string_view rawPath;
    query queryStringParameters;
};
SPRY_JSON(request, rawPath, queryStringParameters)

struct answer {
    int statusCode = 200;
    std::map<std::string, std::string> headers{{"content-type", "text/plain; charset=utf-8"}};
    std::string body;
};
SPRY_JSON(answer, statusCode, headers, body)

answer handle(request asked);
