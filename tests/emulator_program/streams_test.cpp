// SPDX-License-Identifier: Apache-2.0
// What streamed responses cost the emulator, and the flags that limit them.
#include "started.hpp"

#include <fstream>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace {

using started::emulator;
using testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kib_for_each = 256; // a sanitizer's own memory comes with it
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kib_for_each = 256;
#else
constexpr std::size_t kib_for_each = 96;
#endif
#else
constexpr std::size_t kib_for_each = 96;
#endif

class emulator_streams : public started::emulator_program {
protected:
    static std::string request(std::string_view event) {
        return "POST /2021-11-15/functions/f/response-streaming-invocations HTTP/1.1\r\n"
               "Host: localhost\r\nConnection: close\r\nContent-Length: " +
               std::to_string(event.size()) + "\r\n\r\n" + std::string{event};
    }
    static std::string read_to_the_end(const release::descriptor& from) {
        return release::read_until(from.get(), release::clock::now() + release::patience,
                                   [](std::string_view) { return false; });
    }
    static std::size_t times_in(std::string_view text, std::string_view what) {
        std::size_t times = 0;
        for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1))
            ++times;
        return times;
    }
    static std::size_t resident_kib(int pid) {
        std::ifstream status("/proc/" + std::to_string(pid) + "/status");
        std::string word;
        std::size_t size = 0;
        while (status >> word) {
            if (word == "VmRSS:" && status >> size)
                break;
        }
        return size;
    }

    // A reader whose kernel takes as little as it can on its behalf.
    static release::descriptor slow_reader(std::uint16_t port) {
        release::descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int small_window = 8 * 1024;
        const int small_segments = 1400;
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &small_window, sizeof small_window);
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_MAXSEG, &small_segments, sizeof small_segments);
        const sockaddr_in to = release::loopback(port);
        EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
        return socket;
    }
};

TEST_F(emulator_streams, a_limit_can_be_given) {
    emulator local({"--stream-limit", "1KiB"});
    const release::descriptor within = release::dial(local.port());
    release::send_all(within.get(), request(R"({"do":"stream","n":1024})"));
    EXPECT_THAT(read_to_the_end(within), HasSubstr("application/json\r:message-type"));
    const release::descriptor beyond = release::dial(local.port());
    release::send_all(beyond.get(), request(R"({"do":"stream","n":1025})"));
    EXPECT_THAT(read_to_the_end(beyond), HasSubstr("Function.ResponseSizeTooLarge"));
    EXPECT_EQ(local.stop(), 0);
}

// What needs half a minute at this rate meets the function's deadline.
TEST_F(emulator_streams, a_bandwidth_can_be_given) {
    emulator local({"--stream-bandwidth", "32KiB"}, {"AWS_LAMBDA_FUNCTION_TIMEOUT=1"});
    const release::descriptor caller = release::dial(local.port());
    release::send_all(caller.get(), request(R"({"do":"stream","n":7340032})"));
    EXPECT_THAT(read_to_the_end(caller), HasSubstr("Sandbox.Timedout"));
    EXPECT_EQ(local.stop(), 0);
}

// Of each stream under way the emulator holds one piece for its caller, what it has received of the
// next, and its own tasks; the rest waits in the function.
TEST_F(emulator_streams, slow_readers_hold_a_piece_each) {
    constexpr std::size_t readers = 250;
    emulator local({}, {"AWS_LAMBDA_MAX_CONCURRENCY=250"}, {"workers", "250"});
    local.invoke("{}"); // all that there is once has been made
    const std::size_t before = resident_kib(local.pid());
    std::vector<release::descriptor> callers;
    for (std::size_t i = 0; i != readers; ++i) {
        callers.push_back(slow_reader(local.port()));
        release::send_all(callers.back().get(), request(R"({"do":"stream","n":400000})"));
    }
    for (const release::descriptor& each : callers) {
        char first = 0;
        ASSERT_EQ(::recv(each.get(), &first, 1, 0), 1);
    }
    local.read_what_is_there();
    EXPECT_EQ(times_in(local.log(), "END RequestId"), 1U) << "a stream went into kernel buffers";
    const std::size_t during = resident_kib(local.pid());
    std::printf("resident: %zu KiB, with %zu slow readers %zu\n", before, readers, during);
    EXPECT_GT(during, before);
    EXPECT_LT(during - before, readers * kib_for_each);
    // One of them reads on, and gets all of it.
    const std::string whole = read_to_the_end(callers[readers / 2]);
    EXPECT_GT(whole.size(), 400'000U);
    EXPECT_THAT(whole, HasSubstr("InvokeComplete"));
    callers.clear();
    EXPECT_EQ(local.invoke("7").body, "7");
    EXPECT_EQ(local.stop(), 0);
}

} // namespace
