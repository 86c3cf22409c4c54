// SPDX-License-Identifier: Apache-2.0
// The released `hello` needs nothing around it: no loader, no libraries, no files, no /proc.
#include "support.hpp"

#include <elf.h>
#include <sched.h>

#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;
using release::child;
using release::clock;
using release::descriptor;

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
T read_at(const std::string& bytes, std::size_t offset) {
    T object{};
    if (offset + sizeof object <= bytes.size()) {
        std::memcpy(&object, bytes.data() + offset, sizeof object);
    }
    return object;
}

TEST(static_binary, has_no_interpreter_and_no_dynamic_section) {
    const std::string file = contents(release::built("examples/hello/hello"));
    const auto header = read_at<Elf64_Ehdr>(file, 0);
    ASSERT_EQ(std::memcmp(header.e_ident, ELFMAG, SELFMAG), 0);
    EXPECT_EQ(header.e_type, ET_EXEC) << "position independent";
    ASSERT_GT(header.e_phnum, 0);
    for (std::size_t i = 0; i != header.e_phnum; ++i) {
        const auto segment = read_at<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
        EXPECT_NE(segment.p_type, static_cast<Elf64_Word>(PT_INTERP));
        EXPECT_NE(segment.p_type, static_cast<Elf64_Word>(PT_DYNAMIC));
    }
}

TEST(static_binary, is_stripped_and_under_900_KiB) {
    const std::string file = contents(release::built("examples/hello/hello"));
    const auto header = read_at<Elf64_Ehdr>(file, 0);
    ASSERT_GT(header.e_shnum, 0);
    for (std::size_t i = 0; i != header.e_shnum; ++i) {
        const auto section = read_at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
        EXPECT_NE(section.sh_type, static_cast<Elf64_Word>(SHT_SYMTAB));
    }
    std::printf("hello: %zu bytes\n", file.size());
    EXPECT_LT(file.size(), 900U * 1024);
}

TEST(static_binary, takes_no_more_than_350_KiB_without_the_emulator) {
    const std::string file = contents(release::built("tests/programs/echo_without_emulator"));
    std::printf("echo_without_emulator: %zu bytes\n", file.size());
    EXPECT_LE(file.size(), 350U * 1024);
}

// A directory with this one file in it, removed with the object.
class empty_root {
public:
    explicit empty_root(const std::string& binary) {
        std::string name = (fs::temp_directory_path() / "spry-root-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            ADD_FAILURE() << "mkdtemp: " << std::strerror(errno);
            return;
        }
        path_ = name;
        fs::permissions(path_,
                        fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
        fs::copy_file(binary, path_ / "hello");
    }
    empty_root(const empty_root&) = delete;
    empty_root& operator=(const empty_root&) = delete;
    ~empty_root() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const char* path() const noexcept { return path_.c_str(); }

private:
    fs::path path_;
};

// Root may change the root; everyone else may in a user namespace of one's own, where the kernel
// allows that.
bool enter(const char* root) {
    if (::geteuid() != 0 && ::unshare(CLONE_NEWUSER) != 0) {
        return false;
    }
    return ::chroot(root) == 0 && ::chdir("/") == 0;
}

std::uint16_t announced_port(std::string_view text) {
    constexpr std::string_view announcement = "spry: listening on http://127.0.0.1:";
    const std::size_t found = text.find(announcement);
    if (found == std::string_view::npos || text.find('\n', found) == std::string_view::npos) {
        return 0;
    }
    return static_cast<std::uint16_t>(
        std::atoi(std::string(text.substr(found + announcement.size())).c_str()));
}

std::string post(std::uint16_t port, std::string_view body) {
    const descriptor connected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = release::loopback(port);
    if (::connect(connected.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        ADD_FAILURE() << "connect: " << std::strerror(errno);
        return {};
    }
    const std::string request =
        "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: localhost\r\n"
        "Connection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    if (::send(connected.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        ADD_FAILURE() << "send: " << std::strerror(errno);
        return {};
    }
    return release::read_until(connected.get(), clock::now() + release::patience,
                               [](std::string_view) { return false; });
}

TEST(static_binary, answers_in_an_empty_chroot_without_proc) {
    constexpr int refused = 77;
    constexpr int entered = 78;
    const std::string binary = release::built("examples/hello/hello");
    const empty_root root(binary);
    {
        child probe({"/hello"}, {}, [&root] { return enter(root.path()) ? entered : refused; });
        const int status = probe.wait();
        ASSERT_TRUE(status == refused || status == entered) << status;
        if (status == refused) {
            GTEST_SKIP() << "neither root nor allowed to make a user namespace: no chroot";
        }
    }

    child emulator({"/hello"}, {"SPRY_LISTEN=127.0.0.1:0"},
                   [&root] { return enter(root.path()) ? 0 : refused; });
    const std::string text =
        release::read_until(emulator.output(), clock::now() + release::patience,
                            [](std::string_view so_far) { return announced_port(so_far) != 0; });
    const std::uint16_t port = announced_port(text);
    ASSERT_NE(port, 0) << text;

    const std::string answer = post(port, R"({"name":"chroot"})");
    EXPECT_EQ(answer.rfind("HTTP/1.1 200 ", 0), 0U) << answer;
    EXPECT_NE(answer.find("chroot\"}"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("X-Amz-Function-Error"), std::string::npos) << answer;

    ::kill(emulator.pid(), SIGTERM);
    EXPECT_EQ(emulator.wait(), 0) << "after SIGTERM";
}

} // namespace
