// SPDX-License-Identifier: Apache-2.0
// How telemetry comes to those who have subscribed: gathered within its limits, and dropped and
// counted where they do not keep up, which nobody waits for (runtime contract 7.7).
#include "extension.hpp"
#include "subscriber.hpp"

namespace {

using started::played;
using started::subscriber;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view printed = "\"type\":\"function\"";
constexpr std::size_t bytes_max_default = 262'144;

class emulator_telemetry_delivery : public started::emulator_program {
protected:
    emulator_telemetry_delivery() { played::add_program(here); }

    // The player subscribes with this body, waits for SHUTDOWN, and ends with `end`.
    static std::future<release::http_answer> subscribe(const played& local, std::string_view body) {
        const std::string me = local.join(R"(["SHUTDOWN"])");
        const release::http_answer answer = local.subscribe(me, body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return local.next_later(me);
    }
    static void end(played& local) {
        ::kill(local.extension_pid(), SIGKILL);
        EXPECT_EQ(local.stop(), 0);
    }
    static std::string print(std::size_t lines) {
        return R"({"do":"print","n":)" + std::to_string(lines) + "}";
    }
    static std::size_t number_in(const std::string& events, std::string_view name) {
        std::size_t sum = 0;
        for (std::size_t at = events.find(name); at != events.npos; at = events.find(name, at + 1))
            sum += std::strtoul(events.c_str() + at + name.size(), nullptr, 10);
        return sum;
    }

    const started::folder here;
};

// buffering.maxItems
TEST_F(emulator_telemetry_delivery, sends_when_there_are_so_many) {
    subscriber other;
    played local(here);
    const auto shutdown =
        subscribe(local, other.by_http(R"(["function"])",
                                       R"(,"buffering":{"maxItems":1000,"maxBytes":1048576,)"
                                       R"("timeoutMs":30000})"));
    EXPECT_EQ(local.invoke(print(1500)).status, 200);
    const std::vector<std::string> first = other.posts_with(printed);
    EXPECT_EQ(subscriber::count(first.front(), printed), 1000U);
    local.log_with("END RequestId");
    EXPECT_EQ(other.post_count(), 1U);
    ::kill(local.pid(), SIGTERM); // the rest does not wait for its time
    const std::vector<std::string> all = other.posts_with("line 1499");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(subscriber::count(all[0] + all[1], "\"record\":\"line "), 1500U);
    end(local);
}

// buffering.maxBytes
TEST_F(emulator_telemetry_delivery, sends_when_it_is_so_much) {
    subscriber other;
    played local(here);
    const auto shutdown =
        subscribe(local, other.by_http(R"(["function"])", R"(,"buffering":{"timeoutMs":30000})"));
    EXPECT_EQ(local.invoke(print(5000)).status, 200);
    const std::string first = other.posts_with(printed).front();
    const std::size_t count = subscriber::count(first, printed);
    EXPECT_LT(count, 5000U);
    EXPECT_LE(first.size() - count, bytes_max_default); // without what stands between them
    EXPECT_GT(first.size(), bytes_max_default - 1000);
    end(local);
}

// buffering.timeoutMs
TEST_F(emulator_telemetry_delivery, sends_when_the_time_has_come) {
    subscriber other;
    played local(here);
    const auto shutdown =
        subscribe(local, other.by_http(R"(["function"])", R"(,"buffering":{"timeoutMs":25})"));
    for (int i = 1; i != 4; ++i) {
        EXPECT_EQ(local.invoke(print(1)).status, 200);
        EXPECT_THAT(other.posts_with("line 0", static_cast<std::size_t>(i)).front(),
                    StartsWith("[{\"time\""));
    }
    end(local);
}

// platform.logsDropped
TEST_F(emulator_telemetry_delivery, counts_what_a_slow_subscriber_misses) {
    constexpr std::size_t lines = 20'000;
    constexpr std::size_t platform_events = 8; // initStart to report, one of each
    subscriber other;
    other.hold();
    played local(here);
    const auto shutdown = subscribe(
        local, other.by_http(R"(["platform","function"])", R"(,"buffering":{"timeoutMs":25})"));
    EXPECT_EQ(local.invoke(print(lines)).status, 200);
    local.log_with("END RequestId"); // nobody has waited for it
    other.let_go();
    const auto got_in = [](const std::string& events) {
        return subscriber::count(events, "{\"time\":") -
               subscriber::count(events, "platform.logsDropped");
    };
    const auto total = [&](const std::string& events) {
        return got_in(events) + number_in(events, "\"droppedRecords\":");
    };
    const std::string events = other.events_when(
        [&](const std::string& all) { return total(all) >= lines + platform_events; });
    const std::size_t got = got_in(events);
    const std::size_t dropped = number_in(events, "\"droppedRecords\":");
    // The function prints once more behind its answer: a line of its own, or the end of the last.
    EXPECT_LE(total(events), lines + platform_events + 1);
    EXPECT_GT(dropped, 0U);
    EXPECT_GT(number_in(events, "\"droppedBytes\":"), dropped * 40);
    // Two batches have waited behind the one on its way.
    EXPECT_LE(events.size(), 3 * bytes_max_default + 2 * got);
    end(local);
}

TEST_F(emulator_telemetry_delivery, counts_what_was_printed_before_anybody_listened) {
    constexpr std::size_t lines = 20'000;
    here.file("player", "#!/bin/sh\nseq " + std::to_string(lines) + R"(
echo "${0##*/} $$ at $AWS_LAMBDA_RUNTIME_API;"
exec sleep 60
)",
              true);
    subscriber other;
    played local(here);
    const auto shutdown =
        subscribe(local, other.by_http(R"(["platform","extension"])",
                                       R"(,"buffering":{"maxBytes":1048576,"timeoutMs":25})"));
    const auto total = [](const std::string& events) {
        return subscriber::count(events, "\"type\":\"extension\"") +
               number_in(events, "\"droppedRecords\":");
    };
    const std::string events =
        other.events_when([&](const std::string& all) { return total(all) >= lines + 1; });
    EXPECT_LT(subscriber::count(events, "\"type\":\"extension\""), lines);
    // Events of the initialisation may be among them.
    EXPECT_LE(total(events), lines + 1 + 5);
    end(local);
}

TEST_F(emulator_telemetry_delivery, goes_on_behind_a_subscriber_that_never_reads) {
    const release::held_port silent;
    played local(here);
    auto shutdown =
        subscribe(local, subscriber::at_port(silent.number(), R"(["platform","function"])",
                                             R"(,"buffering":{"timeoutMs":25})"));
    for (int i = 0; i != 3; ++i)
        EXPECT_EQ(local.invoke(print(10'000)).status, 200);
    local.log_with("END RequestId", 3);
    ::kill(local.pid(), SIGTERM);
    EXPECT_THAT(shutdown.get().body, HasSubstr("SHUTDOWN"));
    end(local);
}

TEST_F(emulator_telemetry_delivery, waits_for_a_subscriber_that_is_not_there_yet) {
    const std::uint16_t number = release::free_port();
    played local(here);
    const auto shutdown = subscribe(
        local, subscriber::at_port(number, R"(["platform"])", R"(,"buffering":{"timeoutMs":25})"));
    EXPECT_EQ(local.invoke("1").body, "1");
    local.log_with("END RequestId");
    subscriber late{number};
    const std::string events = late.events_with("platform.report");
    EXPECT_THAT(events, AllOf(HasSubstr("platform.initStart"), Not(HasSubstr("logsDropped"))));
    end(local);
}

TEST_F(emulator_telemetry_delivery, ends_where_the_subscriber_was_never_there) {
    played local(here);
    const auto shutdown =
        subscribe(local, subscriber::at_port(release::free_port(), R"(["platform","function"])"));
    EXPECT_EQ(local.invoke("1").body, "1");
    end(local);
}

TEST_F(emulator_telemetry_delivery, counts_what_a_subscriber_has_refused) {
    for (const std::string_view answer :
         {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "nonsense\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"}) {
        subscriber other;
        other.answer_first(std::string(answer));
        played local(here);
        const auto shutdown =
            subscribe(local, other.by_http(R"(["platform"])", R"(,"buffering":{"timeoutMs":25})"));
        (void)other.posts_with("{"); // refused
        EXPECT_EQ(local.invoke("1").body, "1");
        const std::string events = other.events_with("platform.logsDropped");
        const std::string first = events.substr(0, events.find('\n'));
        EXPECT_EQ(number_in(events, "\"droppedRecords\":"), subscriber::count(first, "{\"time\":"))
            << answer;
        end(local);
    }
}

TEST_F(emulator_telemetry_delivery, bears_connections_that_are_closed_behind_an_answer) {
    subscriber other;
    other.serve_once();
    played local(here);
    const auto shutdown = subscribe(
        local, other.by_http(R"(["platform","function"])", R"(,"buffering":{"timeoutMs":25})"));
    for (std::size_t i = 1; i != 4; ++i) {
        EXPECT_EQ(local.invoke(print(1)).status, 200);
        (void)other.posts_with("platform.report", i);
    }
    EXPECT_THAT(other.events_with("platform.report", 3), Not(HasSubstr("logsDropped")));
    end(local);
}

// destination.protocol TCP
TEST_F(emulator_telemetry_delivery, sends_a_line_for_each_event_by_tcp) {
    subscriber other;
    played local(here);
    const auto shutdown = subscribe(local, other.by_tcp(R"(["platform","function","extension"])"));
    EXPECT_EQ(local.invoke(print(3)).status, 200);
    const std::string events = other.events_with("platform.report");
    EXPECT_EQ(subscriber::count(events, "\n{\"time\":") + 1,
              subscriber::count(events, "{\"time\":"));
    EXPECT_EQ(subscriber::count(events, "}\n"), subscriber::count(events, "{\"time\":"));
    EXPECT_THAT(events, HasSubstr("\"record\":\"line 2"));
    end(local);
}

} // namespace
