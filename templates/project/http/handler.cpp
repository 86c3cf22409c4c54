#include "handler.hpp"

answer handle(request asked) {
    answer page;
    if (asked.rawPath == "/") {
        page.body = "Hello, " + std::string{asked.queryStringParameters.name} + "!\n";
    } else {
        page.statusCode = 404;
        page.body = "Nothing is here.\n";
    }
    return page;
}
