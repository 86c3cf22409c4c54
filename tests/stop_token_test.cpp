// SPDX-License-Identifier: Apache-2.0
#include <spry/core/stop_token.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <type_traits>

namespace {

using spry::stop_callback;
using spry::stop_source;
using spry::stop_token;

static_assert(!std::is_copy_constructible_v<stop_source>);
static_assert(!std::is_move_constructible_v<stop_source>);
static_assert(std::is_trivially_copyable_v<stop_token>);

struct append {
    std::string* log;
    char letter;
    void operator()() const { log->push_back(letter); }
};

TEST(stop_token, without_a_source_never_stops) {
    const stop_token token;
    std::string log;
    const stop_callback unused{token, append{&log, 'a'}};
    EXPECT_FALSE(token.stop_possible());
    EXPECT_FALSE(token.stop_requested());
    EXPECT_EQ(log, "");
}

TEST(stop_token, sees_the_request_of_its_source) {
    stop_source source;
    const stop_token token = source.token();
    EXPECT_TRUE(token.stop_possible());
    EXPECT_FALSE(token.stop_requested());
    EXPECT_TRUE(source.request_stop());
    EXPECT_TRUE(token.stop_requested());
    EXPECT_TRUE(source.stop_requested());
}

TEST(stop_source, says_whether_the_request_was_the_first) {
    stop_source source;
    EXPECT_TRUE(source.request_stop());
    EXPECT_FALSE(source.request_stop());
}

TEST(stop_source, is_as_new_after_a_reset) {
    stop_source source;
    source.request_stop();
    source.reset();
    EXPECT_FALSE(source.stop_requested());
    std::string log;
    const stop_callback callback{source.token(), append{&log, 'a'}};
    EXPECT_EQ(log, "");
    EXPECT_TRUE(source.request_stop());
    EXPECT_EQ(log, "a");
}

TEST(stop_callback, runs_once_in_the_order_of_registration) {
    stop_source source;
    std::string log;
    const stop_callback first{source.token(), append{&log, '1'}};
    const stop_callback second{source.token(), append{&log, '2'}};
    const stop_callback third{source.token(), append{&log, '3'}};
    source.request_stop();
    source.request_stop();
    EXPECT_EQ(log, "123");
}

TEST(stop_callback, runs_at_once_when_the_stop_came_before) {
    stop_source source;
    source.request_stop();
    std::string log;
    const stop_callback late{source.token(), append{&log, 'a'}};
    EXPECT_EQ(log, "a");
}

TEST(stop_callback, does_not_run_after_its_death) {
    stop_source source;
    std::string log;
    {
        const stop_callback gone{source.token(), append{&log, 'a'}};
    }
    source.request_stop();
    EXPECT_EQ(log, "");
}

using any_callback = stop_callback<std::function<void()>>;

TEST(stop_callback, can_be_taken_out_by_one_that_runs_before_it) {
    stop_source source;
    std::string log;
    std::optional<any_callback> second;
    const any_callback first{source.token(), [&] {
                                 log.push_back('1');
                                 second.reset();
                             }};
    second.emplace(source.token(), [&] { log.push_back('2'); });
    const any_callback third{source.token(), [&] { log.push_back('3'); }};
    source.request_stop();
    EXPECT_EQ(log, "13");
}

TEST(stop_callback, can_destroy_itself_while_it_runs) {
    stop_source source;
    bool ran = false;
    struct state {
        bool* ran;
        std::optional<stop_callback<std::reference_wrapper<state>>> self;
        void operator()() {
            *ran = true;
            self.reset();
        }
    };
    state callback{&ran, {}};
    callback.self.emplace(source.token(), std::ref(callback));
    source.request_stop();
    EXPECT_TRUE(ran);
    EXPECT_FALSE(callback.self.has_value());
}

TEST(stop_callback, runs_at_once_when_made_by_one_that_runs) {
    stop_source source;
    std::string log;
    std::optional<any_callback> made;
    const any_callback maker{source.token(), [&] {
                                 log.push_back('1');
                                 made.emplace(source.token(), [&] { log.push_back('2'); });
                                 log.push_back('3');
                             }};
    source.request_stop();
    EXPECT_EQ(log, "123");
}

void destroy_before_its_callback() {
    std::string log;
    std::optional<stop_source> source{std::in_place};
    const stop_callback callback{source->token(), append{&log, 'a'}};
    source.reset();
}

TEST(stop_source, dies_where_it_goes_before_its_callbacks) {
    EXPECT_DEATH(destroy_before_its_callback(), "assertion failed: empty");
}

} // namespace
