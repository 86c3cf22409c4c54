// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/log_tail.hpp>
#include <spry/emulator/program/page/html.hpp>
#include <spry/emulator/program/page/invocation_record.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>

namespace {

using namespace spry::emulator;

class invocation_record_of_a_function : public testing::Test {
protected:
    std::span<const std::byte> bytes(const std::string& text) const {
        return std::as_bytes(std::span{text});
    }
    void take(const std::string& id, const std::string& event, invocation_record& by) {
        invocation what{*loop};
        what.request_id = id;
        what.event = bytes(event);
        by.taken(function, what, 7);
    }
    static void end(const std::string& id, invocation_record& by) {
        by.ended(id, invocation_report{}, log_tail{});
    }

    std::unique_ptr<spry::io::event_loop> loop =
        *spry::io::event_loop::create(spry::io::backend_choice::automatic);
    function_program function;
    invocation_record record{*loop};
};

using invocation_record = invocation_record_of_a_function;

// Whatever callers and functions send: 4 MiB.
TEST_F(invocation_record, keeps_no_more_than_its_bounds) {
    const std::string large(1'000'000, 'x');
    function.name = large;
    function_outcome outcome;
    outcome.what = function_outcome::kind::error;
    outcome.body = outcome.type = outcome.message = large;
    log_tail log;
    log.append(large);
    for (int i = 0; i != 1000; ++i) {
        const std::string id = large + std::to_string(i);
        take(id, large, record);
        const std::string known = large.substr(0, recorded_name_bytes_max);
        record.streamed(known, bytes(large));
        record.answered(known, outcome);
        record.ended(known, invocation_report{}, log);
    }
    ASSERT_EQ(record.all().size(), recorded_invocations_max);
    std::size_t held = 0;
    for (const recorded_invocation& each : record.all()) {
        for (const std::string* text : {&each.request_id, &each.function, &each.event.text,
                                        &each.answer.text, &each.error_type, &each.log})
            held += text->capacity() + 1;
        EXPECT_FALSE(each.event.is_whole());
        EXPECT_EQ(each.event.text.size(), recorded_text_bytes_max);
    }
    EXPECT_LE(held, 4u * 1024 * 1024);
}

TEST_F(invocation_record, forgets_the_oldest_also_while_it_runs) {
    take("runs", "{}", record);
    for (std::size_t i = 0; i != recorded_invocations_max; ++i)
        take(std::to_string(i), "{}", record);
    EXPECT_EQ(record.find(1), nullptr);
    EXPECT_EQ(record.find("runs"), nullptr);
    ASSERT_NE(record.find(2), nullptr);
    EXPECT_EQ(record.find(2)->request_id, "0");
    EXPECT_EQ(record.find(recorded_invocations_max + 2), nullptr);
    EXPECT_EQ(record.find(std::uint64_t{0}), nullptr);
    end("runs", record); // of which nothing is known any more
    EXPECT_FALSE(record.all().front().is_over);
}

TEST_F(invocation_record, has_an_entry_for_each_attempt_of_a_request) {
    take("id", "{}", record);
    end("id", record);
    take("id", "{}", record);
    ASSERT_EQ(record.all().size(), 2u);
    EXPECT_EQ(record.find("id")->number, 2u);
    EXPECT_TRUE(record.find(1)->is_over);
    EXPECT_FALSE(record.find(2)->is_over);
    take("id", "{}", record); // a Managed Instance that could not be sent it
    EXPECT_EQ(record.all().size(), 2u);
}

TEST_F(invocation_record, has_another_version_after_every_change) {
    const std::uint64_t before = record.version();
    take("id", "{}", record);
    const std::uint64_t taken = record.version();
    EXPECT_NE(taken, before);
    end("id", record);
    EXPECT_NE(record.version(), taken);
}

TEST(html_text, escapes_what_html_would_act_upon) {
    EXPECT_EQ(html_text(R"(</script><a b="c" d='e'>&amp;)"),
              "&lt;/script&gt;&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;");
}

TEST(html_text, shows_odd_bytes) {
    using namespace std::string_literals;
    EXPECT_EQ(html_text("a\0b\x1b[1m\x7f"s), "a\u2400b\u241b[1m\u2421");
    EXPECT_EQ(html_text("\xff\xc0\xaf"), "\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(html_text("\tone\r\ntwo\rthree\n"), "\tone\r\ntwo\u240dthree\n");
    EXPECT_EQ(html_text("w\u00f6rld"), "w\u00f6rld");
}

} // namespace
