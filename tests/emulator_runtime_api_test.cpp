// SPDX-License-Identifier: Apache-2.0
// The emulator as a runtime sees it (runtime contract 1.7), with one that breaks the rules.
#include "emulator_session.hpp"

#include <spry/handler_api/runtime_api.hpp>

namespace {

using spry_test::session;
using spry_test::task;

TEST(contract_1_7, an_unknown_id_gets_400) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"wrong_id"})"); });
    EXPECT_EQ(s.replies[0].body,
              "400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n");
}

TEST(contract_1_7, a_second_response_gets_400) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"twice"})");
        co_await self->invoke(R"({"do":"last"})");
    });
    EXPECT_EQ(s.replies[0].body, "\"first\"");
    EXPECT_EQ(s.replies[1].body,
              "400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n");
}

TEST(contract_1_4, a_repeated_next_gets_the_same_event) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"next_again"})"); });
    EXPECT_EQ(s.replies[0].body, "\"same\"");
}

TEST(contract_1_7, an_init_error_after_init_gets_403) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"init_error_late"})"); });
    EXPECT_EQ(s.replies[0].body,
              "403 {\"errorMessage\":\"State transition from Running to InitError failed for "
              "runtime. Error: State transition is not allowed\","
              "\"errorType\":\"InvalidStateTransition\"}\n");
}

TEST(contract_11, a_response_that_broke_off_may_be_repeated) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"break_off"})"); });
    EXPECT_EQ(s.replies[0].body, "\"whole\"");
}

TEST(contract_11, a_chunked_post_that_is_cut_may_be_repeated) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"chunked_cut"})"); });
    EXPECT_EQ(s.replies[0].body, "\"whole\"");
}

TEST(contract_1_7, an_unknown_response_mode_gets_400_and_fails_the_invocation) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"bad_mode"})");
        co_await self->invoke(R"({"do":"last"})");
    });
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_NE(s.replies[0].body.find("Runtime.InvalidResponseModeHeader"), std::string::npos);
    EXPECT_EQ(s.replies[1].body, "400 {\"errorMessage\":\"Invalid function response mode\","
                                 "\"errorType\":\"InvalidFunctionResponseMode\"}\n");
}

TEST(contract_2_2, an_error_in_the_trailers_is_the_outcome) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"stream_error"})"); });
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(s.replies[0].body, R"({"errorMessage":"mid"})");
}

TEST(contract_2_2, an_empty_error_type_in_the_trailers_is_no_error) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"stream_empty_error"})"); });
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "");
    EXPECT_EQ(s.replies[0].body, "whole");
}

TEST(contract_1_2, any_other_path_gets_404) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"no_such_path"})"); });
    EXPECT_EQ(s.replies[0].body, "404 404 page not found\n");
}

} // namespace
