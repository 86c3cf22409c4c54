// SPDX-License-Identifier: Apache-2.0
#include "check.hpp"
#include "handler.hpp"

#include <spry/testing.hpp>

int main() {
    // FIPS 180-4's example.
    const spry::testing::outcome answer = spry::testing::invoke(handle, "abc");
    check(answer.body == R"({"sha256":"ba7816bf8f01cfea414140de5dae2223)"
                         R"(b00361a396177a9cb410ff61f20015ad"})",
          "the digest of abc", answer.body);
}
