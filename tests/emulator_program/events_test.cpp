// SPDX-License-Identifier: Apache-2.0
// --event and spry-emulator events; what the events are like is judged by tests/events/samples.
#include "started.hpp"

namespace {

using release::finished;
using started::strings;
using testing::HasSubstr;
using testing::StartsWith;

class emulator_events : public started::emulator_program {
protected:
    static finished send(const strings& flags, const strings& how = {}) {
        return started::run(started::with_fake(flags, how));
    }
    static void expect_refusal(const strings& arguments, const std::string& part) {
        const finished ended = started::run(arguments);
        EXPECT_EQ(ended.exit_code, 1);
        EXPECT_EQ(ended.out, "");
        EXPECT_TRUE(release::is_one_line(ended.err)) << ended.text();
        EXPECT_THAT(ended.err, HasSubstr(part));
    }
};

// The fake function echoes it.
TEST_F(emulator_events, sends_an_event_and_prints_the_answer_alone) {
    const finished ended = send({"--event", "sqs"});
    EXPECT_EQ(ended.exit_code, 0) << ended.text();
    EXPECT_THAT(ended.out, StartsWith("{\n  \"Records\": [\n"));
    EXPECT_THAT(ended.out, HasSubstr("\"eventSource\": \"aws:sqs\""));
    EXPECT_THAT(ended.err, StartsWith("START RequestId: "));
    EXPECT_THAT(ended.err, HasSubstr("\nREPORT RequestId: "));
}

TEST_F(emulator_events, sends_it_to_the_first_of_several_functions) {
    const finished ended = send({"--function", "first", "--function", "second", "--event", "s3"});
    EXPECT_EQ(ended.exit_code, 0) << ended.text();
    EXPECT_THAT(ended.out, HasSubstr("\"eventSource\": \"aws:s3\""));
}

TEST_F(emulator_events, fails_where_the_function_does) {
    const finished ended = send({"--event", "sns"}, {"init_exit"});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_THAT(ended.out, HasSubstr("exit status 7"));
}

TEST_F(emulator_events, fails_where_the_function_cannot_be_started) {
    const finished ended = started::run({"--event", "sns", "/nonexistent/function"});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_EQ(ended.out, "");
    EXPECT_TRUE(release::is_one_line(ended.err)) << ended.text();
    EXPECT_THAT(ended.err, HasSubstr("there is no file /nonexistent/function"));
}

TEST_F(emulator_events, prints_one_and_lists_all) {
    const finished one = started::run({"events", "kinesis"});
    EXPECT_EQ(one.exit_code, 0);
    EXPECT_EQ(one.err, "");
    EXPECT_THAT(one.out, HasSubstr("\"eventName\": \"aws:kinesis:record\""));
    const finished all = started::run({"events"});
    EXPECT_EQ(all.exit_code, 0);
    EXPECT_THAT(all.out, HasSubstr("\nkinesis   "));
}

TEST_F(emulator_events, refuses_what_it_cannot_make) {
    expect_refusal({"events", "fax"}, "there is no sample event \"fax\": spry-emulator events");
    expect_refusal({"events", "sqs", "sns"}, "events takes one name");
    expect_refusal({"--event", "fax", SPRY_FAKE_FUNCTION}, "there is no sample event \"fax\"");
    expect_refusal({"--compat", "rie", "--event", "sqs", SPRY_FAKE_FUNCTION},
                   "leave out --compat rie");
}

} // namespace
