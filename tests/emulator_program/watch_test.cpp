// SPDX-License-Identifier: Apache-2.0
// --watch: another program in the place of the function's, and what waits meanwhile.
#include "started.hpp"

#include <atomic>

namespace {

using release::http_answer;
using started::folder;
using started::strings;
using testing::HasSubstr;

// What stands behind the file's own name tells which one runs.
class emulator_watch : public started::emulator_program {
protected:
    // Writes a script there that becomes the fake function.
    void write(const std::string& name, const std::string& colour) const {
        here.file(name, "#!/bin/sh\nCOLOUR=" + colour + " exec " SPRY_FAKE_FUNCTION "\n", true);
    }
    // The same as another file with the function's name.
    void put(const std::string& colour) const {
        write("made", colour);
        std::filesystem::rename(here.path() / "made", here.path() / "function");
    }
    strings flags() const { return {"--watch", (here.path() / "function").string()}; }
    static std::string colour(const release::local_function& local,
                              const std::string& function = "function") {
        return release::ask(local.port(), "POST",
                            "/2015-03-31/functions/" + function + "/invocations", {},
                            R"({"do":"env","name":"COLOUR"})")
            .body;
    }
    // The emulator learns of a change a moment later than we make it.
    static void expect_soon(const release::local_function& local, const std::string& wanted,
                            const std::string& function = "function") {
        const auto deadline = release::clock::now() + release::patience;
        std::string seen = colour(local, function);
        while (seen != wanted && release::clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            seen = colour(local, function);
        }
        EXPECT_EQ(seen, wanted);
    }

    const folder here;
};

TEST_F(emulator_watch, starts_the_program_that_has_taken_the_place) {
    put("red");
    release::local_function local(SPRY_EMULATOR, flags());
    EXPECT_EQ(colour(local), "red");
    put("green");
    expect_soon(local, "green");
    // Written anew in its place, and not by another one.
    write("function", "blue");
    expect_soon(local, "blue");
    EXPECT_EQ(local.stop(), 0);
    EXPECT_EQ(local.log().find("Between invocations"), std::string::npos) << local.log();
}

TEST_F(emulator_watch, looks_at_a_file_that_an_interpreter_is_given) {
    put("red");
    release::local_function local(SPRY_EMULATOR,
                                  {"--watch", "/bin/sh", (here.path() / "function").string()});
    EXPECT_EQ(colour(local), "red");
    put("green");
    expect_soon(local, "green");
    EXPECT_EQ(local.stop(), 0);
}

// Both lie in one folder. The changes are seen in one go, or the other file's first.
TEST_F(emulator_watch, leaves_the_processes_of_other_programs_alone) {
    put("red");
    const std::string path = here.file(
        "functions.json",
        R"({"functions": [{"name": "left"}, {"name": "function", "command": ["./function"]}]})",
        false);
    std::filesystem::copy_file(SPRY_FAKE_FUNCTION, here.path() / "left");
    release::local_function local(
        SPRY_EMULATOR, {"--watch", "--functions", path, (here.path() / "left").string()});
    const auto left_process = [&] {
        return release::ask(local.port(), "POST", "/2015-03-31/functions/left/invocations", {},
                            R"({"do":"pid"})")
            .body;
    };
    const std::string before = left_process();
    EXPECT_EQ(colour(local), "red");
    here.file("other", "text", false);
    put("green");
    expect_soon(local, "green");
    EXPECT_EQ(left_process(), before);
    EXPECT_EQ(local.stop(), 0);
}

// The one in hand is answered by the old program, and those behind it by the new one. Another
// function of that program, behind this one in the file, shows when the change has been seen.
TEST_F(emulator_watch, loses_no_invocation) {
    put("red");
    const std::string path = here.file(
        "functions.json",
        R"({"functions": [{"name": "function", "command": ["./function"]}, {"name": "witness", "command": ["./function"]}]})",
        false);
    const std::string gate = here.path() / "gate";
    ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
    release::local_function local(SPRY_EMULATOR, {"--watch", "--functions", path});
    EXPECT_EQ(colour(local), "red");
    EXPECT_EQ(colour(local, "witness"), "red");
    std::vector<http_answer> answers(5);
    std::vector<std::thread> callers;
    callers.emplace_back(
        [&] { answers[0] = local.invoke(R"({"do":"gate","name":")" + gate + R"("})"); });
    local.log_with("START RequestId: ", 3);
    for (std::size_t i = 1; i != answers.size(); ++i)
        callers.emplace_back(
            [&, i] { answers[i] = local.invoke(R"({"do":"env","name":"COLOUR"})"); });
    put("green");
    expect_soon(local, "green", "witness");
    const release::descriptor opened(::open(gate.c_str(), O_RDWR | O_CLOEXEC));
    for (std::thread& each : callers)
        each.join();
    EXPECT_EQ(answers[0].body, "red");
    for (std::size_t i = 1; i != answers.size(); ++i)
        EXPECT_EQ(answers[i].body, "green");
    EXPECT_EQ(local.stop(), 0);
}

// As it is while a build goes on, or has failed.
TEST_F(emulator_watch, keeps_invocations_while_there_is_no_program) {
    put("red");
    release::local_function local(SPRY_EMULATOR, flags());
    EXPECT_EQ(colour(local), "red");
    here.file("function", "no program", false);
    local.log_with("it is started again when it has changed");
    std::string seen;
    std::thread caller([&] { seen = colour(local); });
    put("green");
    caller.join();
    EXPECT_EQ(seen, "green");
    EXPECT_EQ(local.stop(), 0);
}

// As a build from scratch does, or one that has its folder beside and puts it there when it is
// done.
TEST_F(emulator_watch, finds_the_folder_that_is_made_anew) {
    const std::filesystem::path build = here.path() / "build";
    std::filesystem::create_directory(build);
    write("build/function", "red");
    release::local_function local(SPRY_EMULATOR, {"--watch", (build / "function").string()});
    EXPECT_EQ(colour(local), "red");
    std::filesystem::remove_all(build);
    std::filesystem::create_directory(build);
    write("build/function", "green");
    expect_soon(local, "green");
    write("build/function", "blue");
    expect_soon(local, "blue");
    std::filesystem::remove_all(build);
    std::this_thread::sleep_for(std::chrono::milliseconds(500)); // several looks find nothing
    EXPECT_EQ(colour(local), "blue");
    std::filesystem::create_directory(build);
    write("build/function", "red");
    expect_soon(local, "red");
    std::filesystem::rename(build, here.path() / "before");
    std::filesystem::create_directory(here.path() / "next");
    write("next/function", "green");
    std::filesystem::rename(here.path() / "next", build);
    expect_soon(local, "green");
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_watch, looks_at_what_a_link_leads_to) {
    std::filesystem::create_directory(here.path() / "one");
    std::filesystem::create_directory(here.path() / "two");
    write("one/program", "red");
    write("two/program", "blue");
    std::filesystem::create_symlink("one/program", here.path() / "function");
    release::local_function local(SPRY_EMULATOR, flags());
    EXPECT_EQ(colour(local), "red");
    write("one/program", "green");
    expect_soon(local, "green");
    std::filesystem::create_symlink("two/program", here.path() / "made");
    std::filesystem::rename(here.path() / "made", here.path() / "function");
    expect_soon(local, "blue");
    write("two/program", "red");
    expect_soon(local, "red");
    EXPECT_EQ(local.stop(), 0);
}

// As a log or an object file is, beside the program.
TEST_F(emulator_watch, is_not_kept_waiting_by_other_files) {
    put("red");
    release::local_function local(SPRY_EMULATOR, flags());
    EXPECT_EQ(colour(local), "red");
    std::atomic<bool> over{false};
    std::thread writer([&] {
        while (!over) {
            here.file("other", "text", false);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    });
    put("green");
    expect_soon(local, "green");
    over = true;
    writer.join();
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_watch, ends_with_a_process_that_will_not_end) {
    put("red");
    release::local_function local(SPRY_EMULATOR, flags());
    std::thread caller([&] { local.invoke(R"({"do":"hang_deaf"})"); });
    local.log_with("START RequestId: ");
    put("green");
    EXPECT_EQ(local.stop(), 0);
    caller.join();
}

} // namespace
