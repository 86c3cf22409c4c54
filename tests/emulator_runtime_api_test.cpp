// SPDX-License-Identifier: Apache-2.0
// The emulator as a runtime sees it (runtime contract 1.7), with one that breaks the rules.
#include "emulator_session.hpp"

#include <spry/handler_api/runtime_api.hpp>

namespace {

using spry_test::session;
using spry_test::task;

TEST(emulator_runtime_api, refuses_an_unknown_id) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"wrong_id"})"); });
    EXPECT_EQ(s.replies[0].body,
              "400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n");
}

TEST(emulator_runtime_api, refuses_a_second_response) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"twice"})");
        co_await self->invoke(R"({"do":"last"})");
    });
    EXPECT_EQ(s.replies[0].body, "\"first\"");
    EXPECT_EQ(s.replies[1].body,
              "400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n");
}

TEST(emulator_runtime_api, gives_the_same_event_again_to_a_runtime_that_asks_again) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"next_again"})"); });
    EXPECT_EQ(s.replies[0].body, "\"same\"");
}

TEST(emulator_runtime_api, refuses_an_init_error_after_init) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"init_error_late"})"); });
    EXPECT_EQ(s.replies[0].body,
              "403 {\"errorMessage\":\"State transition from Running to InitError failed for "
              "runtime. Error: State transition is not allowed\","
              "\"errorType\":\"InvalidStateTransition\"}\n");
}

TEST(emulator_runtime_api, takes_a_whole_response_behind_one_that_broke_off) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"break_off"})"); });
    EXPECT_EQ(s.replies[0].body, "\"whole\"");
}

TEST(emulator_runtime_api, fails_an_invocation_with_an_unknown_response_mode) {
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

TEST(emulator_runtime_api, takes_the_error_in_a_streamed_responses_trailers) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"stream_error"})"); });
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(s.replies[0].body, R"({"errorMessage":"mid"})");
}

TEST(emulator_runtime_api, answers_404_to_what_it_does_not_have) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke(R"({"do":"no_such_path"})"); });
    EXPECT_EQ(s.replies[0].body, "404 404 page not found\n");
}

} // namespace
