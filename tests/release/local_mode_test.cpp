// SPDX-License-Identifier: Apache-2.0
// Local mode of the released binaries: where it listens, and how it finds itself.
#include "local_function.hpp"

#include <sched.h>

#include <filesystem>

namespace {

namespace fs = std::filesystem;
using release::child;
using release::clock;
using release::descriptor;
using release::strings;

class local_mode : public release::leaves_no_process {};

constexpr int refused = 77;

bool has_line(std::string_view text, std::string_view line) {
    const std::size_t found = text.find(line);
    return found != text.npos && text.substr(found + line.size(), 1) == "\n";
}

std::string read_line_of(child& program) {
    return release::read_until(program.output(), clock::now() + release::patience,
                               [](std::string_view text) { return text.find('\n') != text.npos; });
}

// A network of its own, in which every port is free, and, where asked for, PID 1 for the program.
// `then` is what the program's process does first.
template <class Then>
int enter_container(int more_namespaces, Then then) {
    const int user = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
    if (::unshare(user | CLONE_NEWNET | more_namespaces) != 0)
        return refused;
    return then();
}

TEST_F(local_mode, listens_on_both_loopback_addresses) {
    const release::local_function hello(release::example("hello"), {}, {"SPRY_LISTEN=0"});
    const descriptor v6(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (v6.get() < 0)
        GTEST_SKIP() << "this machine has no IPv6";
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_addr = in6addr_loopback;
    to.sin6_port = htons(hello.port());
    sockaddr_in6 any = to;
    any.sin6_port = 0;
    const descriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(probe.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
        GTEST_SKIP() << "this machine has no ::1";
    EXPECT_EQ(::connect(v6.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    EXPECT_EQ(hello.invoke("{}").status, 200);
}

TEST_F(local_mode, listens_like_rie_under_its_name) {
    std::string folder = (fs::temp_directory_path() / "spry-rie-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    const std::string rie = folder + "/aws-lambda-rie";
    fs::create_symlink(fs::absolute(release::example("hello")), rie);
    {
        child program({rie}, {},
                      [] { return enter_container(0, [] { return release::die_with_parent(); }); });
        const std::string text = read_line_of(program);
        if (text.empty() && program.wait() == refused) {
            fs::remove_all(folder);
            GTEST_SKIP() << "neither root nor allowed to make a network of one's own";
        }
        EXPECT_TRUE(has_line(text, "spry: listening on http://0.0.0.0:8080")) << text;
        ::kill(program.pid(), SIGTERM);
        EXPECT_EQ(program.wait(), 0);
    }
    fs::remove_all(folder);
}

TEST_F(local_mode, listens_like_rie_as_pid_1_and_ends_on_sigterm) {
    // The child that unshares stays outside; its own child is PID 1.
    child outer({release::example("hello")}, {}, [] {
        return enter_container(CLONE_NEWPID, [] {
            const pid_t init = ::fork();
            if (init == 0)
                return release::die_with_parent();
            int status = 0;
            ::waitpid(init, &status, 0);
            ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
        });
    });
    const std::string text = read_line_of(outer);
    if (text.empty() && outer.wait() == refused)
        GTEST_SKIP() << "neither root nor allowed to make namespaces of one's own";
    EXPECT_TRUE(has_line(text, "spry: listening on http://0.0.0.0:8080")) << text;
    std::ifstream list("/proc/" + std::to_string(outer.pid()) + "/task/" +
                       std::to_string(outer.pid()) + "/children");
    pid_t init = 0;
    list >> init;
    ASSERT_GT(init, 0);
    ::kill(init, SIGTERM);
    EXPECT_EQ(outer.wait(), 0);
}

TEST_F(local_mode, starts_itself_from_a_file_that_is_gone) {
    std::string folder = (fs::temp_directory_path() / "spry-gone-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    const std::string copy = folder + "/hello";
    fs::copy_file(release::example("hello"), copy);
    {
        const release::local_function hello(copy);
        fs::remove_all(folder);
        EXPECT_EQ(hello.invoke("{}").body, "{\"hello\":\"world\"}");
    }
}

} // namespace
