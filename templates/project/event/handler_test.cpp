#include "check.hpp"
#include "handler.hpp"

#include <spry/testing.hpp>

int main() {
    spry::testing::tested_function tested{handle};

    const spry::testing::outcome named = tested.invoke(R"({"name":"Ada"})");
    check(named.body == R"({"hello":"Ada"})", "a greeting by name", named.body);
    check(named.log.find("name=Ada") != named.log.npos, "a record with the name", named.log);

    const spry::testing::outcome unnamed = tested.invoke("{}");
    check(unnamed.body == R"({"hello":"world"})", "a greeting to all", unnamed.body);

    const spry::testing::outcome wrong = tested.invoke(R"({"name":7})");
    check(wrong.error_type == "spry::event_mismatch", "an error", wrong.body);
}
