// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spry/spry.hpp>

#include <string>

struct digest {
    std::string sha256; // in hexadecimal digits
};
SPRY_JSON(digest, sha256)

digest handle(spry::event given);
