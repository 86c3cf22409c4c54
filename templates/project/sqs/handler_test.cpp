#include "check.hpp"
#include "handler.hpp"

#include <spry/testing.hpp>

int main() {
    spry::testing::tested_function tested{handle};

    const spry::testing::outcome partly = tested.invoke(
        R"({"Records":[{"messageId":"1","body":"tea"},{"messageId":"2","body":""}]})");
    check(partly.body == R"({"batchItemFailures":[{"itemIdentifier":"2"}]})",
          "the second message to fail", partly.body);
    check(partly.log.find("messageId=2") != partly.log.npos, "a record of it", partly.log);

    const spry::testing::outcome all =
        tested.invoke(R"({"Records":[{"messageId":"1","body":"tea"}]})");
    check(all.body == R"({"batchItemFailures":[]})", "no failures", all.body);
}
