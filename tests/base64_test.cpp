// SPDX-License-Identifier: Apache-2.0
#include <spry/core/base64.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace {

namespace base64 = spry::base64;

TEST(base64, encodes_the_vectors_of_rfc_4648) {
    EXPECT_EQ(base64::encode(""), "");
    EXPECT_EQ(base64::encode("f"), "Zg==");
    EXPECT_EQ(base64::encode("fo"), "Zm8=");
    EXPECT_EQ(base64::encode("foo"), "Zm9v");
    EXPECT_EQ(base64::encode("foob"), "Zm9vYg==");
    EXPECT_EQ(base64::encode("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64::encode("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64::encode("\xff\xfe\xfd"), "//79");
}

TEST(base64, decodes_what_it_has_encoded) {
    std::string bytes;
    for (int i = 0; i != 300; ++i) {
        EXPECT_EQ(base64::decode(base64::encode(bytes)), bytes);
        bytes += static_cast<char>(i * 37);
    }
}

TEST(base64, requires_padding) {
    EXPECT_EQ(base64::decode("Zg=="), "f");
    EXPECT_EQ(base64::decode("Zm8="), "fo");
    EXPECT_EQ(base64::decode("Zm9v"), "foo");
    EXPECT_EQ(base64::decode(""), "");
    for (const char* text : {"Zg", "Zg=", "Zm8", "Zm9vY"})
        EXPECT_EQ(base64::decode(text), std::nullopt) << text;
}

TEST(base64, does_without_padding_where_it_may) {
    EXPECT_EQ(base64::decode("Zg", base64::padding::optional), "f");
    EXPECT_EQ(base64::decode("Zm8", base64::padding::optional), "fo");
    EXPECT_EQ(base64::decode("Zg==", base64::padding::optional), "f");
    for (const char* text : {"Z", "Zg=", "Zm9vY", "="})
        EXPECT_EQ(base64::decode(text, base64::padding::optional), std::nullopt) << text;
}

TEST(base64, refuses_what_is_none) {
    using enum base64::padding;
    for (const char* text : {"Z", "Zm9v!===", "Zm 9v===", "Z===", "Zg==Zg==", "====", "=", "Zm9v\n",
                             "Zm9-", "Zm9_", "Zm9\xff", "Zg=a", "=g=="}) {
        EXPECT_EQ(base64::decode(text), std::nullopt) << text;
        EXPECT_EQ(base64::decode(text, optional), std::nullopt) << text;
    }
}

TEST(base64, refuses_bits_behind_the_last_byte) {
    EXPECT_EQ(base64::decode("Zh=="), std::nullopt);
    EXPECT_EQ(base64::decode("Zm9="), std::nullopt);
    EXPECT_EQ(base64::decode("Zh", base64::padding::optional), std::nullopt);
}

} // namespace
