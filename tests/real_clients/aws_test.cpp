// SPDX-License-Identifier: Apache-2.0
// boto3 and the aws command line against the emulator: what they need of the service, and what they
// make of its answers.
#include "release/local_function.hpp"

#include <filesystem>

#include <sys/stat.h>

namespace {

namespace fs = std::filesystem;
using release::finished;
using release::local_function;
using release::run_to_end;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

// The virtual environment of ./dev setup --peers boto3, and a folder that is this test's home.
class aws_client : public release::leaves_no_process {
protected:
    void SetUp() override {
        leaves_no_process::SetUp();
        if (!fs::exists(peers / "bin/aws") || !fs::exists(peers / "bin/python"))
            GTEST_SKIP() << "boto3 and the aws command line are not installed: "
                            "./dev setup --peers boto3";
        std::string name = (fs::temp_directory_path() / "spry-aws-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        home = name;
    }
    void TearDown() override {
        std::error_code ignored;
        if (!home.empty())
            fs::remove_all(home, ignored);
        leaves_no_process::TearDown();
    }

    // Nothing of the user's own settings, and nothing that could lead off this machine.
    finished run(const release::strings& command, const release::strings& more = {}) const {
        return run_to_end(
            command,
            release::overlaid({"HOME=" + home.string(), "PATH=/usr/bin:/bin",
                               "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
                               "AWS_DEFAULT_REGION=eu-central-1", "AWS_MAX_ATTEMPTS=1",
                               "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "NO_PROXY=*",
                               "PYTHONDONTWRITEBYTECODE=1"},
                              more),
            std::chrono::seconds(60));
    }
    std::string invoke(const local_function& function, const std::string& arguments,
                       const release::strings& more = {}) const {
        const finished client =
            run({(peers / "bin/python").string(),
                 SPRY_SOURCE_DIR "/tests/real_clients/boto3_invoke.py", function.url(), arguments},
                more);
        EXPECT_EQ(client.exit_code, 0) << client.text();
        return client.out;
    }

    std::string stream(const local_function& function, const std::string& arguments,
                       const std::string& gate = {}) const {
        release::strings command{(peers / "bin/python").string(),
                                 SPRY_SOURCE_DIR "/tests/real_clients/boto3_stream.py",
                                 function.url(), arguments};
        if (!gate.empty())
            command.push_back(gate);
        const finished client = run(command);
        EXPECT_EQ(client.exit_code, 0) << client.text();
        return client.out;
    }

    const fs::path peers = SPRY_SOURCE_DIR "/.deps/peers/boto3";
    fs::path home;
};

using boto3 = aws_client;
constexpr const char* uuid = R"("RequestId": "[0-9a-f-]+")";

TEST_F(boto3, invokes_by_name_and_by_arn) {
    local_function hello(release::example("hello"));
    const std::string arn = "arn:aws:lambda:eu-central-1:012345678912:function:greet";
    for (const std::string& name :
         {std::string("function"), std::string("greet"), arn, arn + ":live"}) {
        const std::string seen =
            invoke(hello, R"({"FunctionName":")" + name + R"(","Payload":"{\"name\":\"boto3\"}"})");
        EXPECT_THAT(seen,
                    MatchesRegex(std::string(R"(\{"ExecutedVersion": "\$LATEST", )"
                                             R"("Payload": "\{\\"hello\\":\\"boto3\\"\}", )") +
                                 uuid + R"(, "StatusCode": 200\}.)"));
    }
    EXPECT_THAT(invoke(hello, R"({"FunctionName":"greet","Qualifier":"live"})"),
                HasSubstr(R"("Payload": "{\"hello\":\"world\"}")"));
    EXPECT_EQ(hello.stop(), 0);
}

TEST_F(boto3, sees_a_function_error_with_its_document) {
    local_function function(release::test_program("misbehaving"));
    const std::string thrown =
        invoke(function, R"({"FunctionName":"f","Payload":"{\"how\":\"throw_text\"}"})");
    EXPECT_THAT(thrown, HasSubstr(R"("FunctionError": "Unhandled")"));
    EXPECT_THAT(thrown, HasSubstr(R"(\"errorMessage\":\"a plain text\")"));
    EXPECT_THAT(thrown, HasSubstr(R"("StatusCode": 200)"));
    const std::string exited =
        invoke(function, R"({"FunctionName":"f","Payload":"{\"how\":\"exit_3\"}"})");
    EXPECT_THAT(exited, HasSubstr(R"("FunctionError": "Unhandled")"));
    EXPECT_THAT(exited, HasSubstr("exit status 3"));
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(boto3, gets_the_tail_of_the_log_where_it_asks_for_it) {
    local_function function(release::test_program("printing"));
    const std::string seen = invoke(function, R"({"FunctionName":"f","LogType":"Tail"})");
    EXPECT_THAT(seen, HasSubstr(R"("Log": "START RequestId: )"));
    EXPECT_THAT(seen, HasSubstr("printed for 2 bytes"));
    EXPECT_THAT(seen, HasSubstr("END RequestId: "));
    EXPECT_THAT(seen, HasSubstr("REPORT RequestId: "));
    EXPECT_THAT(invoke(function, R"({"FunctionName":"f"})"), Not(HasSubstr("\"Log\"")));
    EXPECT_EQ(function.stop(), 0);
}

// The function waits for what the client does behind the first piece.
TEST_F(boto3, reads_a_stream_while_the_function_writes_it) {
    local_function gated(release::test_program("gated"));
    const std::string gate = (home / "gate").string();
    ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
    EXPECT_EQ(stream(gated, R"({"FunctionName":"f","Payload":"\")" + gate + R"(\""})", gate),
              R"({"StatusCode": 200, "Version": "$LATEST", )"
              R"("Type": "application/vnd.amazon.eventstream"})"
              "\n"
              R"({"chunk": "first"})"
              "\n"
              R"({"chunk": "second"})"
              "\n"
              R"({"complete": {}})"
              "\n");
    EXPECT_EQ(gated.stop(), 0);
}

TEST_F(boto3, reads_how_a_stream_has_ended) {
    local_function failing(release::test_program("streaming"), {},
                           {"PIECES=1", "PIECE_BYTES=1", "FAILS=3"});
    const std::string seen = stream(failing, R"({"FunctionName":"f","LogType":"Tail"})");
    EXPECT_THAT(seen, HasSubstr(R"({"chunk": "\u0000"})"));
    EXPECT_THAT(seen, HasSubstr(R"("ErrorCode": ")"));
    EXPECT_THAT(seen, HasSubstr(R"(\"errorMessage\":\"mmm\")"));
    EXPECT_THAT(seen, HasSubstr(R"("LogResult": "START RequestId: )"));
    EXPECT_EQ(failing.stop(), 0);
    local_function buffered(release::example("hello"));
    EXPECT_THAT(stream(buffered, R"({"FunctionName":"f","Payload":"{\"name\":\"you\"}"})"),
                HasSubstr(R"({"chunk": "{\"hello\":\"you\"}"})"));
    EXPECT_EQ(buffered.stop(), 0);
}

TEST_F(boto3, sends_an_event_whose_answer_nobody_waits_for) {
    local_function function(release::test_program("printing"));
    const std::string seen =
        invoke(function, R"({"FunctionName":"f","InvocationType":"Event","Payload":"[1,2]"})");
    EXPECT_THAT(seen, HasSubstr(R"("Payload": "", )"));
    EXPECT_THAT(seen, HasSubstr(R"("StatusCode": 202)"));
    function.log_with("REPORT RequestId: ");
    EXPECT_THAT(function.log(), HasSubstr("printed for 5 bytes"));
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(boto3, makes_a_dry_run_that_invokes_nothing) {
    local_function function(release::test_program("printing"));
    EXPECT_THAT(invoke(function, R"({"FunctionName":"f","InvocationType":"DryRun"})"),
                HasSubstr(R"("StatusCode": 204)"));
    EXPECT_EQ(function.stop(), 0);
    EXPECT_THAT(function.log(), Not(HasSubstr("START")));
}

TEST_F(boto3, sees_a_refusal_by_its_code) {
    local_function echo(release::example("echo"));
    const std::string no_json = invoke(echo, R"({"FunctionName":"f","Payload":"{"})");
    EXPECT_THAT(no_json, HasSubstr(R"("Code": "InvalidRequestContentException")"));
    EXPECT_THAT(no_json, HasSubstr(R"("Message": "Could not parse request body into json: )"));
    EXPECT_THAT(no_json, HasSubstr(R"("StatusCode": 400)"));
    EXPECT_EQ(echo.stop(), 0);
}

std::string spry_emulator() {
    return release::built("emulator/spry-emulator");
}

TEST_F(boto3, is_throttled_and_gets_through_when_it_tries_again) {
    local_function delay(spry_emulator(), {"--max-queue", "0", release::example("multi"), "delay"});
    const release::descriptor first = release::dial(delay.port());
    const std::string event = R"({"milliseconds":2500})";
    release::send_all(first.get(), "POST " + std::string(release::invoke_path) +
                                       " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                                       std::to_string(event.size()) + "\r\n\r\n" + event);
    delay.log_with("START");
    const std::string wish = R"({"FunctionName":"f","Payload":"{\"milliseconds\":1}"})";
    const std::string once = invoke(delay, wish);
    EXPECT_THAT(once, HasSubstr(R"("Code": "TooManyRequestsException")"));
    EXPECT_THAT(once, HasSubstr(R"("StatusCode": 429)"));
    EXPECT_THAT(invoke(delay, wish, {"SPRY_ATTEMPTS=12"}),
                HasSubstr(R"("Payload": "{\"waited\":1}")"));
    EXPECT_EQ(delay.stop(), 0);
}

TEST_F(boto3, sees_an_event_that_fails_tried_three_times) {
    local_function function(spry_emulator(),
                            {"--async-retry-delay", "10ms", release::test_program("misbehaving")});
    const std::string seen = invoke(
        function,
        R"({"FunctionName":"f","InvocationType":"Event","Payload":"{\"how\":\"throw_text\"}"})");
    EXPECT_THAT(seen, HasSubstr(R"("StatusCode": 202)"));
    function.log_with("REPORT RequestId: ", 3);
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(boto3, does_not_find_a_function_that_is_not_in_the_table) {
    local_function table(spry_emulator(),
                         {"--function", "sum", "--function", "delay", release::example("multi")});
    EXPECT_THAT(invoke(table, R"({"FunctionName":"sum","Payload":"{\"numbers\":[1,2]}"})"),
                HasSubstr(R"({\"sum\":3,\"count\":2})"));
    const std::string unknown = invoke(table, R"({"FunctionName":"other"})");
    EXPECT_THAT(unknown, HasSubstr(R"("Code": "ResourceNotFoundException")"));
    EXPECT_THAT(unknown, HasSubstr("there are: sum, delay"));
    EXPECT_EQ(table.stop(), 0);
}

using aws_cli = aws_client;

TEST_F(aws_cli, writes_the_answer_to_a_file) {
    local_function hello(release::example("hello"));
    const std::string out = (home / "out.json").string();
    const finished client =
        run({(peers / "bin/aws").string(), "lambda", "invoke", "--endpoint-url", hello.url(),
             "--function-name", "greet", "--payload", R"({"name":"aws"})", out});
    EXPECT_EQ(client.exit_code, 0) << client.text();
    EXPECT_THAT(client.out, HasSubstr(R"("StatusCode": 200)"));
    EXPECT_THAT(client.out, HasSubstr(R"("ExecutedVersion": "$LATEST")"));
    std::ifstream file(out);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), R"({"hello":"aws"})");
    EXPECT_EQ(hello.stop(), 0);
}

TEST_F(aws_cli, says_that_the_function_failed) {
    local_function sum(release::example("multi"), {"sum"});
    const std::string out = (home / "out.json").string();
    const finished client = run({(peers / "bin/aws").string(), "lambda", "invoke", "--endpoint-url",
                                 sum.url(), "--function-name", "sum", "--log-type", "Tail", out});
    EXPECT_EQ(client.exit_code, 0) << client.text();
    EXPECT_THAT(client.out, HasSubstr(R"("FunctionError": "Unhandled")"));
    EXPECT_THAT(client.out, HasSubstr(R"("LogResult": ")"));
    std::ifstream file(out);
    EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}),
                HasSubstr("numbers is required and missing"));
    EXPECT_EQ(sum.stop(), 0);
}

} // namespace
