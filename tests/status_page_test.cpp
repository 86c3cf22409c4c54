// SPDX-License-Identifier: Apache-2.0
// The status page as a client without a browser sees it.
#include "emulator_session.hpp"

#include <spry/emulator/program/page/status_page.hpp>
#include <spry/http/target.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace spry_test;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

class page_session : public session {
public:
    page_session() { options.make_front_door = spry::emulator::make_status_page; }

    /// What the form of the last page would send.
    std::string form(std::string_view event, std::string_view function = "test_function") const {
        constexpr std::string_view before = R"(name="token" value=")";
        const std::string& page = replies.back().body;
        const std::size_t at = page.find(before) + before.size();
        return "token=" + page.substr(at, page.find('"', at) - at) +
               "&function=" + spry::http::percent_encode(function) +
               "&event=" + spry::http::percent_encode(event);
    }
    task<> send_form(std::string body, std::string_view type = form_type) {
        const fields headers{{"Content-Type", type}};
        return send("POST", "/_spry/send", body, headers);
    }
};

task<> submit(session* self, std::string event) {
    auto* const page = static_cast<page_session*>(self);
    co_await page->send("GET", "/");
    std::string body = page->form(event);
    co_await page->send_form(std::move(body));
}

TEST(status_page, shows_functions_processes_and_invocations) {
    page_session s;
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"print","n":3})");
        co_await self->log_has("REPORT");
        co_await self->send("GET", "/");
        co_await self->send("GET", "/_spry/invocations/1");
    });
    EXPECT_EQ(s.replies[1].status, 200);
    EXPECT_EQ(s.replies[1].header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(s.replies[1].body, HasSubstr("test_function"));
    EXPECT_THAT(s.replies[1].body, HasSubstr("idle"));
    EXPECT_THAT(s.replies[1].body, HasSubstr("href=\"/_spry/invocations/1\""));
    for (const char* seen : {"&quot;printed&quot;", "line 0\nline 1\n", "REPORT RequestId",
                             "{&quot;do&quot;:&quot;print&quot;,&quot;n&quot;:3}"})
        EXPECT_THAT(s.replies[2].body, HasSubstr(seen));
}

TEST(status_page, shows_how_an_invocation_has_failed) {
    page_session s;
    s.options.function.timeout = std::chrono::milliseconds{100};
    s.run([](session* self) -> task<> {
        for (const char* event :
             {R"({"do":"exit","n":3})", R"({"do":"hang"})", R"({"do":"error"})"})
            co_await self->invoke(event);
        co_await self->log_has("REPORT", 3);
        co_await self->send("GET", "/");
    });
    for (const char* seen : {"Runtime.ExitError", "timed out", "class=\"mark bad\">error<"})
        EXPECT_THAT(s.replies[3].body, HasSubstr(seen));
}

TEST(status_page, shows_what_nobody_could_take) {
    page_session s{};
    s.options.function.arguments = {"fake", "init_exit"};
    s.run([](session* self) -> task<> {
        co_await self->invoke("{}");
        co_await self->send("GET", "/_spry/invocations/1");
    });
    EXPECT_THAT(s.replies[1].body, HasSubstr("exit status 7"));
}

TEST(status_page, shows_a_streamed_answer) {
    page_session s;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "/lambda-url/any/", "");
        co_await self->send("POST", "/2021-11-15/functions/function/response-streaming-invocations",
                            R"({"do":"stream_error"})");
        co_await self->log_has("REPORT", 2);
        co_await self->send("GET", "/_spry/invocations/2");
    });
    EXPECT_THAT(s.replies[2].body, HasSubstr("part\n{&quot;errorMessage&quot;:&quot;mid&quot;}"));
    EXPECT_THAT(s.replies[2].body, HasSubstr("Function.Broken"));
}

TEST(status_page, runs_what_its_form_sends) {
    page_session s;
    s.run([](session* self) -> task<> {
        co_await submit(self, "{\r\n \"a\": 1}");
        const std::string shown_at = self->replies.back().header("Location");
        co_await self->send("GET", shown_at);
    });
    EXPECT_EQ(s.replies[1].status, 303);
    EXPECT_EQ(s.replies[1].header("Location"), "/_spry/invocations/1");
    EXPECT_THAT(s.replies[2].body, HasSubstr("<pre tabindex=\"0\">\n{\n &quot;a&quot;: 1}</pre>"));
    EXPECT_EQ(s.log_count("START"), 1);
}

TEST(status_page, keeps_an_event_that_cannot_be_sent) {
    page_session s;
    s.options.table = {s.options.function};
    s.run([](session* self) -> task<> {
        co_await submit(self, R"({"a":)");
        auto* const page = static_cast<page_session*>(self);
        std::string body = page->form("{}", "nobody");
        co_await page->send_form(std::move(body));
    });
    EXPECT_EQ(s.replies[1].status, 400);
    EXPECT_THAT(s.replies[1].body, HasSubstr("Could not parse request body into json"));
    EXPECT_THAT(s.replies[1].body, HasSubstr("{&quot;a&quot;:</textarea>"));
    EXPECT_EQ(s.replies[2].status, 400);
    EXPECT_THAT(s.replies[2].body, HasSubstr("There is no function nobody."));
    EXPECT_EQ(s.log_count("START"), 0);
}

TEST(status_page, fills_in_sample_events_and_former_ones) {
    page_session s;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "/?sample=sqs");
        co_await self->send("GET", "/?sample=%3Cb%3E");
        co_await self->invoke(R"({"former":"event"})");
        co_await self->send("GET", "/?again=1");
        co_await self->send("GET", "/?again=2");
    });
    EXPECT_THAT(s.replies[0].body, HasSubstr("&quot;eventSource&quot;: &quot;aws:sqs&quot;"));
    EXPECT_THAT(s.replies[0].body, HasSubstr("<option value=\"sqs\" selected>"));
    EXPECT_EQ(s.replies[1].status, 404);
    EXPECT_THAT(s.replies[1].body, HasSubstr("no sample event &quot;&lt;b&gt;&quot;"));
    EXPECT_THAT(s.replies[3].body, HasSubstr("{&quot;former&quot;:&quot;event&quot;}</textarea>"));
    EXPECT_EQ(s.replies[4].status, 200);
}

// The policy runs only the script with this nonce, a new one each time.
TEST(status_page, shows_what_others_have_written_as_text) {
    page_session s;
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"a":"</pre></script><script>alert(1)</script>"})");
        co_await self->send("GET", "/_spry/invocations/1");
        co_await self->send("GET", "/?again=1");
        co_await self->send("GET", "/_spry/%3Cscript%3E");
        co_await self->send("GET", "/_spry/invocations/%3Cscript%3E");
    });
    std::string last;
    for (std::size_t i = 1; i != s.replies.size(); ++i) {
        const reply& page = s.replies[i];
        EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
        const std::string policy = page.header("Content-Security-Policy");
        const std::size_t at = policy.find("script-src 'nonce-") + 18;
        const std::string nonce = policy.substr(at, policy.find('\'', at) - at);
        EXPECT_NE(nonce, last);
        EXPECT_THAT(page.body, HasSubstr("<script nonce=\"" + nonce + "\">"));
        EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
        EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
        EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
        EXPECT_EQ(page.header("X-Frame-Options"), "DENY");
        EXPECT_EQ(page.header("Cache-Control"), "no-store");
        last = nonce;
    }
    EXPECT_THAT(s.replies[1].body, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

// Its caller is told as soon as something has happened.
TEST(status_page, tells_of_changes) {
    page_session s;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "/_spry/changes?since=1"); // there is none yet
        spry::task_scope waiting;
        waiting.spawn(self->send("GET", "/_spry/changes?since=0"));
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        co_await self->invoke("{}");
        co_await waiting.join();
    });
    ASSERT_EQ(s.replies.size(), 3u);
    EXPECT_EQ(s.replies[0].body, "0\n");
    for (std::size_t i = 1; i != 3; ++i) {
        const bool is_the_functions = s.replies[i].body == "{}";
        EXPECT_TRUE(is_the_functions || std::stoi(s.replies[i].body) >= 1);
    }
}

TEST(status_page, leaves_those_who_wait_for_changes_at_the_end) {
    page_session s;
    s.run([](session* self) -> task<> {
        spry::task_scope waiting;
        waiting.spawn(self->send("GET", "/_spry/changes?since=0"));
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        self->stop.request_stop();
        co_await waiting.join();
    });
    EXPECT_EQ(s.replies.size(), 1u);
}

TEST(status_page, is_at_its_own_path_beside_the_functions_root) {
    page_session s;
    s.options.http = spry::emulator::http_front::beside;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "/_spry/");
        co_await self->send("GET", "/");
    });
    EXPECT_THAT(s.replies[0].body, HasSubstr("<h1><a href=\"/_spry/\">spry-emulator</a>"));
    EXPECT_THAT(s.replies[1].body, HasSubstr("\"rawPath\":\"/\"")); // the fake function echoes
}

TEST(status_page, is_nowhere_where_all_is_the_functions) {
    page_session s;
    s.options.http = spry::emulator::http_front::alone;
    s.run([](session* self) -> task<> {
        for (const char* path : {"/", "/_spry/", "/_spry/send", "/_spry/changes"})
            co_await self->send("GET", path);
    });
    for (const reply& each : s.replies)
        EXPECT_THAT(each.body, HasSubstr("\"rawPath\":\"/"));
}

TEST(status_page, answers_only_the_methods_it_has) {
    page_session s;
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/", "{}");
        co_await self->send("GET", "/_spry/send");
        co_await self->send("HEAD", "/");
    });
    EXPECT_EQ(s.replies[0].status, 405);
    EXPECT_EQ(s.replies[0].header("Allow"), "GET, HEAD");
    EXPECT_EQ(s.replies[1].status, 405);
    EXPECT_EQ(s.replies[1].header("Allow"), "POST");
    EXPECT_EQ(s.replies[2].status, 200);
    EXPECT_EQ(s.replies[2].body, "");
}

TEST(status_page, takes_no_more_than_the_queue_has_room_for) {
    page_session s;
    s.options.dispatching.queued_invocations_max = 0;
    s.run([](session* self) -> task<> {
        auto* const page = static_cast<page_session*>(self);
        co_await page->send("GET", "/");
        std::string body = page->form(R"({"do":"hang"})");
        std::string second = page->form("{}");
        spry::task_scope running;
        running.spawn(page->send_form(std::move(body)));
        co_await page->log_has("START");
        co_await page->send_form(std::move(second));
        page->stop.request_stop();
        co_await running.join();
    });
    EXPECT_EQ(s.replies[1].status, 429);
    EXPECT_THAT(s.replies[1].body, HasSubstr("wait already"));
    EXPECT_EQ(s.replies[2].status, 303); // to where it says that it was stopped
}

} // namespace
