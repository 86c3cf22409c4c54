// SPDX-License-Identifier: Apache-2.0
// Many invocations, each with a payload of its own and a function that counts: none lost, none run
// twice, none answered with another's.
#include "started.hpp"

#include <set>

namespace {

using started::emulator;

class emulator_load : public started::emulator_program {
protected:
    static std::string request(const std::string& event) {
        return "POST " + std::string(release::invoke_path) +
               " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(event.size()) +
               "\r\n\r\n" + event;
    }
    // The next answer's body on a connection that stays; `kept` has what came behind it.
    static std::string read_body(int fd, std::string& kept) {
        while (true) {
            const std::size_t end = kept.find("\r\n\r\n");
            if (end != kept.npos) {
                const std::size_t at = kept.find("Content-Length: ");
                const std::size_t size = std::strtoul(kept.c_str() + at + 16, nullptr, 10);
                if (kept.size() >= end + 4 + size) {
                    std::string body = kept.substr(end + 4, size);
                    kept.erase(0, end + 4 + size);
                    return body;
                }
            }
            std::array<char, 4096> part;
            const ssize_t got = ::recv(fd, part.data(), part.size(), 0);
            if (got <= 0)
                return "(closed)";
            kept.append(part.data(), static_cast<std::size_t>(got));
        }
    }
    static std::string event(int number) {
        return R"({"do":"count_and_echo","n":)" + std::to_string(number) + "}";
    }
    // "COUNT EVENT": the counter of the function, and what it was given.
    static void expect_answer(const std::string& body, int number, std::set<int>& counts) {
        EXPECT_EQ(body.substr(body.find(' ') + 1), event(number));
        EXPECT_TRUE(counts.insert(std::atoi(body.c_str())).second) << body;
    }
};

constexpr int sequential = 10'000;
constexpr int concurrent = 1'000;

TEST_F(emulator_load, of_10000_sequential_invocations_runs_each_once) {
    emulator local({"--log-level", "info"}, {}, {"quiet"});
    const release::descriptor connected = release::dial(local.port());
    std::string kept;
    std::set<int> counts;
    for (int i = 0; i != sequential; ++i) {
        release::send_all(connected.get(), request(event(i)));
        expect_answer(read_body(connected.get(), kept), i, counts);
        if (i % 200 == 0)
            local.read_what_is_there();
    }
    EXPECT_EQ(static_cast<int>(counts.size()), sequential);
    EXPECT_EQ(*counts.rbegin(), sequential);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_load, of_1000_concurrent_invocations_runs_each_once) {
    emulator local;
    std::vector<release::descriptor> callers;
    for (int i = 0; i != concurrent; ++i)
        callers.push_back(release::dial(local.port()));
    for (int i = 0; i != concurrent; ++i)
        release::send_all(callers[static_cast<std::size_t>(i)].get(), request(event(i)));
    std::set<int> counts;
    for (int i = 0; i != concurrent; ++i) {
        std::string kept;
        expect_answer(read_body(callers[static_cast<std::size_t>(i)].get(), kept), i, counts);
        if (i % 100 == 0)
            local.read_what_is_there();
    }
    EXPECT_EQ(*counts.rbegin(), concurrent);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_load, of_1000_concurrent_invocations_in_four_processes_loses_none) {
    emulator local({"--concurrency", "4"});
    std::vector<release::descriptor> callers;
    for (int i = 0; i != concurrent; ++i) {
        callers.push_back(release::dial(local.port()));
        release::send_all(callers.back().get(), request(std::to_string(i)));
    }
    for (int i = 0; i != concurrent; ++i) {
        std::string kept;
        EXPECT_EQ(read_body(callers[static_cast<std::size_t>(i)].get(), kept), std::to_string(i));
        if (i % 100 == 0)
            local.read_what_is_there();
    }
    EXPECT_EQ(local.stop(), 0);
}

} // namespace
