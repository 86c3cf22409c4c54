// SPDX-License-Identifier: Apache-2.0
// spry-emulator at the whole root, and what its flags and variables say about that.
#include "started.hpp"

namespace {

using release::http_answer;
using release::strings;
using started::emulator;
using testing::HasSubstr;

class emulator_http_front : public started::emulator_program {};

constexpr std::string_view from_a_page = "Origin: https://example.com\r\n";
constexpr std::string_view preflight = "Origin: https://example.com\r\n"
                                       "Access-Control-Request-Method: PUT\r\n";

TEST_F(emulator_http_front, is_the_root_where_a_flag_says_so) {
    emulator local({"--http"});
    EXPECT_THAT(release::ask(local.port(), "GET", "/a/b?c=d").body,
                HasSubstr(R"("rawPath":"/a/b","rawQueryString":"c=d")"));
    EXPECT_EQ(local.invoke("7").body, "7");
    EXPECT_EQ(local.stop(), 0);

    emulator without;
    EXPECT_EQ(release::ask(without.port(), "GET", "/a/b").status, 404);
    EXPECT_THAT(release::ask(without.port(), "GET", "/lambda-url/x/a/b").body,
                HasSubstr(R"("rawPath":"/a/b")"));
    EXPECT_EQ(without.stop(), 0);
}

TEST_F(emulator_http_front, is_no_service_for_PORT_where_somebody_has_chosen_an_address) {
    emulator by_variable({}, {"PORT=1"});
    EXPECT_EQ(by_variable.invoke("7").body, "7");
    EXPECT_EQ(by_variable.stop(), 0);
    emulator by_flag({"--listen", "127.0.0.1:0"}, {"SPRY_LISTEN=", "PORT=1"});
    EXPECT_EQ(by_flag.invoke("7").body, "7");
    EXPECT_EQ(by_flag.stop(), 0);
    const release::finished event =
        started::run({"--event", "sqs", SPRY_FAKE_FUNCTION}, {"SPRY_LISTEN=", "PORT=1"});
    EXPECT_EQ(event.exit_code, 0) << event.text();
}

TEST_F(emulator_http_front, takes_origins_and_allows_them_any_method_and_header) {
    for (const strings& how :
         {strings{"--cors", "https://example.com,http://localhost:5173"}, strings{"--http"}}) {
        emulator local(how, {how.size() == 1 ? "SPRY_CORS=https://example.com" : "X=y"});
        const http_answer asked =
            release::ask(local.port(), "OPTIONS", "/lambda-url/f/", preflight);
        EXPECT_EQ(asked.status, 204);
        EXPECT_EQ(asked.header("access-control-allow-origin"), "https://example.com");
        EXPECT_EQ(asked.header("access-control-allow-methods"), "*");
        EXPECT_EQ(asked.header("access-control-allow-headers"), "*");
        EXPECT_EQ(asked.header("access-control-allow-credentials"), "");
        EXPECT_EQ(local.stop(), 0);
    }
}

TEST_F(emulator_http_front, takes_the_settings_of_the_service_as_json) {
    emulator local({"--cors", R"({"AllowOrigins":["*"],"AllowMethods":["GET","PUT"],)"
                              R"("AllowHeaders":["X-A"],"ExposeHeaders":["X-B"],"MaxAge":60,)"
                              R"("AllowCredentials":true})"});
    const http_answer asked = release::ask(local.port(), "OPTIONS", "/lambda-url/f/", preflight);
    EXPECT_EQ(asked.header("access-control-allow-methods"), "GET, PUT");
    EXPECT_EQ(asked.header("access-control-allow-headers"), "X-A");
    EXPECT_EQ(asked.header("access-control-max-age"), "60");
    const http_answer got = release::ask(local.port(), "GET", "/lambda-url/f/", from_a_page);
    EXPECT_EQ(got.header("access-control-allow-origin"), "https://example.com");
    EXPECT_EQ(got.header("access-control-allow-credentials"), "true");
    EXPECT_EQ(got.header("access-control-expose-headers"), "X-B");
    EXPECT_EQ(got.header("access-control-allow-methods"), "");
    EXPECT_EQ(local.stop(), 0);

    emulator bare({"--cors", R"({"AllowOrigins":["https://example.com"]})"});
    const http_answer only = release::ask(bare.port(), "OPTIONS", "/lambda-url/f/", preflight);
    EXPECT_EQ(only.header("access-control-allow-origin"), "https://example.com");
    EXPECT_EQ(only.header("access-control-allow-methods"), "");
    EXPECT_EQ(only.header("access-control-allow-headers"), "");
    EXPECT_EQ(bare.stop(), 0);
}

} // namespace
