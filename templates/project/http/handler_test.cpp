#include "check.hpp"
#include "handler.hpp"

#include <spry/testing.hpp>

#include <string>

int main() {
    spry::testing::tested_function tested{handle};

    const auto hello =
        tested.invoke(R"({"rawPath":"/","queryStringParameters":{"name":"Ada"}})").http();
    check(hello.status == 200, "200", std::to_string(hello.status));
    check(hello.body == "Hello, Ada!\n", "a greeting by name", hello.body);

    const auto lost = tested.invoke(R"({"rawPath":"/elsewhere"})").http();
    check(lost.status == 404, "404", std::to_string(lost.status));
}
