// SPDX-License-Identifier: Apache-2.0
#include "handler.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

#include <openssl/evp.h>

digest handle(spry::event given) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (EVP_Digest(given.text().data(), given.text().size(), bytes.data(), &size, EVP_sha256(),
                   nullptr) != 1)
        throw std::runtime_error("OpenSSL cannot make a SHA-256");
    constexpr std::string_view digits = "0123456789abcdef";
    digest made;
    for (unsigned i = 0; i < size; ++i) {
        made.sha256 += digits[bytes[i] >> 4];
        made.sha256 += digits[bytes[i] & 15];
    }
    return made;
}
