// SPDX-License-Identifier: Apache-2.0
// What spry-emulator refuses: one line with cause and cure, an exit code, nothing left behind.
#include "started.hpp"

#include <elf.h>

namespace {

using release::finished;
using started::folder;
using started::strings;
using testing::HasSubstr;

class emulator_refusal : public started::emulator_program {
protected:
    static void expect_end(const finished& ended, const std::vector<std::string>& parts) {
        EXPECT_EQ(ended.exit_code, 1) << ended.text();
        EXPECT_EQ(ended.out, "");
        std::string last = ended.err;
        const std::size_t before = last.rfind('\n', last.size() - 2);
        last.erase(0, before == last.npos ? 0 : before + 1); // behind where it listens
        EXPECT_TRUE(release::is_one_line(last)) << ended.text();
        for (const std::string& part : parts)
            EXPECT_THAT(last, HasSubstr(part));
    }
    static void expect(const strings& arguments, const std::vector<std::string>& parts) {
        expect_end(started::run(arguments), parts);
    }
};

TEST_F(emulator_refusal, names_the_port_that_is_in_use) {
    const release::held_port taken;
    expect({"--listen", "127.0.0.1:" + taken.text(), SPRY_FAKE_FUNCTION},
           {"port " + taken.text() + " is in use", "--listen 127.0.0.1:PORT"});
}

TEST_F(emulator_refusal, names_the_runtime_apis_port_that_is_in_use) {
    const release::held_port taken;
    expect({"--runtime-api-address", "127.0.0.1:" + taken.text(), SPRY_FAKE_FUNCTION},
           {"the Runtime API cannot listen on 127.0.0.1:" + taken.text(), "in use"});
}

TEST_F(emulator_refusal, names_a_program_that_is_missing) {
    expect({"/nonexistent/function"}, {"there is no file /nonexistent/function", "path"});
    expect({"no-such-program-anywhere"},
           {"no-such-program-anywhere on PATH (/usr/bin:/bin)", "./"});
}

// Whoever reads "listening" would call in vain.
TEST_F(emulator_refusal, looks_for_the_program_before_it_listens) {
    const folder here;
    for (const std::string& program : {std::string{"/nonexistent/function"}, here.path().string(),
                                       here.file("function", "#!/bin/sh\n", false)}) {
        const finished ended = started::run({program});
        EXPECT_EQ(ended.exit_code, 1) << ended.text();
        EXPECT_TRUE(release::is_one_line(ended.err)) << ended.text();
        EXPECT_THAT(ended.err, HasSubstr(program));
    }
}

TEST_F(emulator_refusal, names_a_folder) {
    const folder here;
    expect({here.path().string()}, {here.path().string() + " is a folder", "name the program"});
}

TEST_F(emulator_refusal, names_a_file_where_a_folder_should_be) {
    const folder here;
    expect({here.file("file", "", false) + "/function"}, {"is a file where a folder should be"});
}

TEST_F(emulator_refusal, names_a_program_that_is_not_executable) {
    const folder here;
    const std::string path = here.file("function", "#!/bin/sh\n", false);
    expect({path}, {path + " is not executable", "chmod a+rx"});
}

// Root is stopped by no folder, and nobody else can become somebody else.
TEST_F(emulator_refusal, names_a_closed_folder_on_the_path) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "not root";
    const folder here;
    ::chmod(here.path().c_str(), 0755);
    std::filesystem::create_directory(here.path() / "closed");
    ::chmod((here.path() / "closed").c_str(), 0700);
    // The build folder may be closed to others as well.
    std::filesystem::copy_file(SPRY_EMULATOR, here.path() / "spry-emulator");
    const std::string path = (here.path() / "closed/function").string();
    const finished ended = release::run_to_end(
        {(here.path() / "spry-emulator").string(), "--listen", "127.0.0.1:0", path}, {},
        release::patience, [] {
            return ::setgid(65534) == 0 && ::setuid(65534) == 0 ? release::die_with_parent() : 77;
        });
    expect_end(ended, {path + " cannot be reached by user 65534", "chmod a+rx"});
}

TEST_F(emulator_refusal, names_the_interpreter_that_is_missing) {
    const folder here;
    const std::string path = here.file("function", "#! /usr/bin/no-such-shell -x\n", true);
    expect({path}, {path + " begins with #!/usr/bin/no-such-shell, which is not here"});
    const std::string from_windows = here.file("windows", "#!/bin/sh\r\nexit\r\n", true);
    expect({from_windows}, {"CR LF"});
}

TEST_F(emulator_refusal, names_what_is_no_program) {
    const folder here;
    expect({here.file("empty", "", true)}, {"empty is empty: build it again"});
    expect({here.file("text", "just text\n", true)}, {"neither a program nor begins with #!"});
}

TEST_F(emulator_refusal, names_the_processor_of_a_program_for_another) {
    Elf64_Ehdr head{};
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = ELFCLASS64;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    head.e_ident[EI_VERSION] = EV_CURRENT;
    head.e_type = ET_EXEC;
    head.e_machine = EM_RISCV;
    head.e_version = EV_CURRENT;
    head.e_ehsize = sizeof head;
    head.e_phentsize = sizeof(Elf64_Phdr);
    const folder here;
    const std::string path =
        here.file("function", {reinterpret_cast<const char*>(&head), sizeof head}, true);
    expect({path}, {path + " is a program for RISC-V, and this machine is ", "qemu-user"});
}

TEST_F(emulator_refusal, names_the_loader_that_is_missing) {
    struct {
        Elf64_Ehdr head{};
        Elf64_Phdr interpreter{};
        char name[32] = "/lib/no-such-loader.so";
    } file;
    std::ifstream self("/proc/self/exe", std::ios::binary);
    self.read(reinterpret_cast<char*>(&file.head), sizeof file.head); // of this processor
    file.head.e_type = ET_EXEC;
    file.head.e_phoff = sizeof file.head;
    file.head.e_phnum = 1;
    file.interpreter.p_type = PT_INTERP;
    file.interpreter.p_offset = sizeof file.head + sizeof file.interpreter;
    file.interpreter.p_filesz = std::strlen(file.name) + 1;
    const folder here;
    const std::string path =
        here.file("function", {reinterpret_cast<const char*>(&file), sizeof file}, true);
    expect({path}, {path + " needs the loader /lib/no-such-loader.so", "link it statically"});
}

TEST_F(emulator_refusal, says_that_there_is_no_command) {
    if (std::filesystem::exists("/var/task/bootstrap") ||
        std::filesystem::exists("/opt/bootstrap") ||
        std::filesystem::exists("/var/runtime/bootstrap"))
        GTEST_SKIP() << "there is a bootstrap on this machine";
    expect(strings{}, {"there is no command", "/var/task/bootstrap", "spry-emulator ./bootstrap"});
}

TEST_F(emulator_refusal, names_the_flag_and_what_it_wants) {
    struct wrong {
        strings arguments;
        const char* part;
    };
    const std::vector<wrong> table{
        {{"--nonsense", "x"}, "there is no flag --nonsense: --help lists them"},
        {{"--nonsense=1"}, "there is no flag --nonsense"},
        {{"--concurrency", "0"}, "--concurrency is \"0\", and must be a whole number from 1"},
        {{"--concurrency=many"}, "must be a whole number"},
        {{"--max-queue", "-1"}, "--max-queue is \"-1\""},
        {{"--stream-limit", "0"}, "must be a size from 1 to 1024MiB"},
        {{"--stream-limit", "1025MiB"}, "must be a size from 1 to 1024MiB"},
        {{"--stream-bandwidth", "2MB"}, "must be a size from 32KiB to 64MiB"},
        {{"--stream-bandwidth", "32767"}, "must be a size from 32KiB to 64MiB"},
        {{"--stream-bandwidth", "65MiB"}, "must be a size from 32KiB to 64MiB"},
        {{"--async-retry-delay", "soon"}, "must be a time, as in 0.5s"},
        {{"--cors", "example.com"}, "--cors is \"example.com\", and must be origins, as in https"},
        {{"--cors", "https://a,b"}, "must be origins"},
        {{"--cors", R"({"AllowOrigins":[]})"}, "must be origins"},
        {{"--cors", R"({"AllowMethods":["GET"]})"}, "must be origins"},
        {{"--cors", R"({"AllowOrigins":["*"],"AllowHeaders":["a b"]})"}, "must be origins"},
        {{"--cors", R"({"AllowOrigins":["*"],"MaxAge":86401})"}, "must be origins"},
        {{"--cors", R"({"AllowOrigins":["*"])"}, "--cors: at byte 21: not valid JSON: "},
        {{"--cors", R"({"AllowOrigins":["*"],"x":nope})"}, "--cors: at byte 26: not valid JSON: "},
        {{"--cors", R"({"AllowOrigins":["*"],"AllowMethod":["GET"]})"},
         "--cors: .AllowMethod has no meaning here: there are AllowOrigins, AllowMethods, "},
        {{"--compat", "sam"}, "--compat is \"sam\", and must be rie"},
        {{"--log-level", "loud"}, "must be trace, debug, info"},
        {{"--listen", "here"}, "--listen is \"here\", and must be HOST:PORT"},
        {{"--runtime-api-address", "1.2.3:x"}, "--runtime-api-address is"},
        {{"--function", "=x"}, "must be NAME or NAME=HANDLER"},
        {{"--function", "a b", "--event", "sqs"}, "--function is \"a b\", and must be NAME or"},
        {{"--function", "a.b=x"}, "and NAME up to 64 letters, digits, - and _"},
        {{"--function", "a/b"}, "--function is \"a/b\""},
        {{"--function", "a:b"}, "--function is \"a:b\""},
        {{"--function", "a", "--function", "a=b"}, "--function a stands there twice"},
        {{"--runtime-api-address", "127.0.0.1:1", "--concurrency", "2"}, "one address"},
        {{"--compat", "rie", "--function", "a"}, "--compat rie knows one function"},
        {{"--compat", "rie", "--functions", "f"}, "--compat rie knows one function"},
        {{"--compat", "rie", "--http"}, "--compat rie knows no URLs"},
        {{"--compat", "rie", "--cors", "*"}, "--compat rie knows no URLs"},
        {{"--function", "a", "--functions", "f"}, "--function and --functions both"},
        {{"--functions", "/nonexistent/f.json"}, "/nonexistent/f.json cannot be read: No such"},
    };
    expect(strings{"--concurrency"}, {"--concurrency wants a value"});
    for (const wrong& each : table)
        expect(release::joined(each.arguments, {SPRY_FAKE_FUNCTION}), {each.part});
}

TEST_F(emulator_refusal, names_the_variable_and_what_it_wants) {
    for (const char* const variable :
         {"AWS_LAMBDA_FUNCTION_TIMEOUT=3.5", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=big",
          "AWS_LAMBDA_MAX_CONCURRENCY=0", "LOG_LEVEL=loud", "SPRY_LISTEN=here", "SPRY_CORS=here"}) {
        const std::string text{variable};
        expect_end(started::run({SPRY_FAKE_FUNCTION}, {text}),
                   {text.substr(0, text.find('=')) + " is \"" + text.substr(text.find('=') + 1)});
    }
}

TEST_F(emulator_refusal, names_a_functions_name_that_cannot_be_invoked) {
    for (const std::string name : {"a b", "a.b", "a/b", "a:1"})
        expect_end(started::run({"--event", "sqs", SPRY_FAKE_FUNCTION},
                                {"AWS_LAMBDA_FUNCTION_NAME=" + name}),
                   {"AWS_LAMBDA_FUNCTION_NAME is \"" + name +
                    "\", and must be up to 64 letters, digits, - and _"});
}

// Only where nobody has chosen an address.
TEST_F(emulator_refusal, names_a_port_that_is_none) {
    for (const char* const port : {"http", "0", "65536", "-1", "80 "})
        expect_end(
            started::run({SPRY_FAKE_FUNCTION}, {"SPRY_LISTEN=", "PORT=" + std::string{port}}),
            {"PORT is \"" + std::string{port} + "\", and must be a number from 1 to 65535"});
}

} // namespace
