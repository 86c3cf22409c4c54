// SPDX-License-Identifier: Apache-2.0
// A program that gives spry no function at all.
#include <spry/spry.hpp>

int main(int argc, char** argv) {
    return spry::run(argc, argv, {});
}
