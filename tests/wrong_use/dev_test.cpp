// SPDX-License-Identifier: Apache-2.0
// ./dev, used wrongly. It builds where it has to, so none of these runs beside another.
#include "release/local_function.hpp"

#include <cstdlib>
#include <filesystem>

namespace {

using release::finished;
using release::held_port;
using release::strings;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class wrong_dev : public release::leaves_no_process {
protected:
    static finished dev(const strings& arguments, const strings& variables = {}) {
        // A build that is up to date takes a moment, one that is not may take longer.
        return release::run_to_end(release::joined({SPRY_SOURCE_DIR "/dev"}, arguments),
                                   release::overlaid(release::inherited_environment(), variables),
                                   std::chrono::seconds(300));
    }
    static void expect_one_line(const finished& run, const std::string& part, int exit_code = 2) {
        EXPECT_EQ(run.exit_code, exit_code) << run.text();
        EXPECT_EQ(run.out, "");
        EXPECT_THAT(run.err, StartsWith("dev: "));
        EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
        EXPECT_THAT(run.err, HasSubstr(part));
    }
};

TEST_F(wrong_dev, refuses_an_unknown_command) {
    expect_one_line(dev({"rnu"}), "there is no command rnu; ./dev --help lists them");
}

TEST_F(wrong_dev, refuses_what_a_command_does_not_take) {
    expect_one_line(dev({"test", "core"}), "./dev test --help");
    expect_one_line(dev({"run", "{}", "{}"}), "./dev run --help");
    expect_one_line(dev({"setup", "boto3"}), "./dev setup --help");
    expect_one_line(dev({"setup", "--peers", "perl"}),
                    "no peer is named perl; there are: boto3 rie cargo-lambda chromium ");
    expect_one_line(dev({"build"}), "./dev build --help");
    expect_one_line(dev({"bench", "--quik"}), "--quik; see ./dev bench --help");
    expect_one_line(dev({"bench", "--parts", "speed"}),
                    "no part is named speed; there are: counts ");
    expect_one_line(dev({"build", "fast"}), "no preset is named fast; there are: debug release");
}

TEST_F(wrong_dev, new_refuses_what_cannot_be_a_project_and_leaves_nothing) {
    std::string folder = (std::filesystem::temp_directory_path() / "spry-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    expect_one_line(dev({"new"}), "./dev new --help");
    expect_one_line(dev({"new", folder}), "is there already");
    expect_one_line(dev({"new", folder + "/one", "--kafka"}), "unknown --kafka");
    expect_one_line(dev({"new", folder + "/one", "--http", "--sqs"}), "two kinds");
    expect_one_line(dev({"new", folder + "/one", folder + "/two"}), "one folder, please");
    expect_one_line(dev({"new", folder + "/one", "--spry"}), "--spry takes a URL");
    expect_one_line(dev({"new", folder + "/a b"}), "2 to 64 letters");
    expect_one_line(dev({"new", folder + "/x"}), "2 to 64 letters");
    expect_one_line(dev({"new", folder + "/handler"}), "the name of something else");
    expect_one_line(dev({"new", folder + "/none/one"}), "there is no folder");
    expect_one_line(dev({"new", SPRY_SOURCE_DIR "/one"}), "is in spry itself");
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    std::filesystem::remove_all(folder);
}

TEST_F(wrong_dev, new_leaves_nothing_on_a_full_disk) {
    std::string folder = (std::filesystem::temp_directory_path() / "spry-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    // A limit of all files stands for the disk; what is said goes to a pipe.
    const char* script = R"((ulimit -f 0; trap '' XFSZ; exec "$0" new "$1") 2>&1 | cat >&2
                            exit ${PIPESTATUS[0]})";
    const strings limited = {"/bin/bash", "-c", script, SPRY_SOURCE_DIR "/dev", folder + "/one"};
    expect_one_line(
        release::run_to_end(limited, release::inherited_environment(), std::chrono::seconds(300)),
        "cannot write to " + folder + "; is its disk full?", 1);
    EXPECT_TRUE(std::filesystem::remove(folder)) << "something was left in " << folder;
}

TEST_F(wrong_dev, refuses_an_event_file_that_cannot_be_read) {
    expect_one_line(dev({"run", "no-such-event.json"}), "cannot read the event file ");
    expect_one_line(dev({"run", "@no-such-event.json"}), "no-such-event.json");
    expect_one_line(dev({"run", SPRY_SOURCE_DIR "/tests"}), SPRY_SOURCE_DIR "/tests");
}

TEST_F(wrong_dev, lists_the_examples_where_an_unknown_one_is_named) {
    for (const char* name : {"goodbye", "../tests", "hello/"})
        expect_one_line(dev({"serve", name}), "there are: echo hello ");
}

TEST_F(wrong_dev, run_fails_with_the_answer_to_an_event_that_is_no_json) {
    const finished run = dev({"run", "{\"name\": spry}"});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_THAT(run.out, HasSubstr("Could not parse request body into json: "));
    EXPECT_THAT(run.err, EndsWith("dev: the function failed (HTTP 400)\n"));
}

TEST_F(wrong_dev, run_fails_where_the_event_does_not_fit) {
    const finished run = dev({"run", R"({"name":["spry"]})"});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_THAT(run.out, HasSubstr("at .name: expected a string, found an array"));
    EXPECT_THAT(run.err, EndsWith("dev: the function failed (HTTP 200)\n"));
}

TEST_F(wrong_dev, run_is_not_led_astray_by_the_environment) {
    const finished run = dev({"run"}, {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "PORT=1", "_HANDLER=x",
                                       "AWS_LAMBDA_FUNCTION_TIMEOUT=soon"});
    EXPECT_EQ(run.exit_code, 0) << run.text();
    EXPECT_THAT(run.out, StartsWith("{\"hello\":\"spry\"}\nREPORT RequestId: "));
}

TEST_F(wrong_dev, serve_names_a_port_in_use_and_the_way_to_another) {
    const held_port taken;
    const finished run = dev({"serve"}, {"SPRY_LISTEN=127.0.0.1:" + taken.text()});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_THAT(run.err, HasSubstr("port " + taken.text() + " is in use"));
    EXPECT_THAT(run.err, EndsWith("SPRY_LISTEN=127.0.0.1:PORT, or 127.0.0.1:0 for a free one\n"));
}

TEST_F(wrong_dev, serve_hands_its_variables_on_but_serves_all_the_same) {
    const finished run = dev({"serve", "multi"}, {"SPRY_LISTEN=127.0.0.1:0", "_HANDLER=product",
                                                  "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1"});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_THAT(run.err, EndsWith("spry: no function is named \"product\"; this binary has sum, "
                                  "delay, describe\n"));
    EXPECT_THAT(run.err, Not(HasSubstr("init error")));
}

TEST_F(wrong_dev, serve_lists_the_functions_where_one_has_to_be_named) {
    const finished run = dev({"serve", "multi"}, {"SPRY_LISTEN=127.0.0.1:0"});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_THAT(run.err, HasSubstr("several functions (sum, delay, describe)"));
}

class wrong_default_port : public release::leaves_no_process {};

TEST_F(wrong_default_port, is_named_where_it_is_in_use) {
    const held_port taken{9000}; // where somebody else has it, it is in use all the same
    const finished run = release::run_to_end({release::example("hello")}, {});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_TRUE(release::is_one_line(run.err)) << run.err;
    EXPECT_THAT(run.err, HasSubstr("port 9000 is in use"));
    EXPECT_THAT(run.err, HasSubstr("SPRY_LISTEN=127.0.0.1:PORT"));
}

} // namespace
