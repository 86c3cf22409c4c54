// SPDX-License-Identifier: Apache-2.0
// What the benchmarks read: requests of any runtime, and their own command lines.
#include "crowd_api.hpp"
#include "fresh_copies.hpp"
#include "subjects.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using bench::first_request;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view get =
    "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(first_request, is_not_whole_before_its_last_byte) {
    const std::vector<std::string> requests{
        std::string(get), "POST /a HTTP/1.1\r\ncontent-LENGTH:  3\r\n\r\nabc",
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n0\r\nT: 1\r\n\r\n"};
    for (const std::string& request : requests) {
        for (std::size_t size = 0; size != request.size(); ++size)
            EXPECT_EQ(first_request(std::string_view(request).substr(0, size)).bytes, 0U)
                << request;
        EXPECT_EQ(first_request(request + "GET ").bytes, request.size()) << request;
    }
}

TEST(first_request, says_what_is_asked_for) {
    const bench::framed_request next = first_request(get);
    EXPECT_EQ(next.method, "GET");
    EXPECT_EQ(next.target, "/2018-06-01/runtime/invocation/next");
    EXPECT_EQ(next.body, "");
    EXPECT_EQ(first_request("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd").body, "abc");
}

TEST(first_request, joins_the_chunks_of_a_body) {
    EXPECT_EQ(first_request("POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
                            "A\r\n0123456789\r\n2\r\n\r\n\r\n0\r\n\r\n")
                  .body,
              "0123456789\r\n");
}

TEST(first_request, refuses_what_is_none) {
    for (const std::string_view wrong :
         {"HTTP/1.1 200 OK\r\n\r\n", "GET /\r\n\r\n",
          "POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "POST /a HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
          "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
        EXPECT_THROW(first_request(wrong), std::runtime_error) << wrong;
}

TEST(subject_of, takes_variables_command_and_option_apart) {
    const bench::subject made = bench::subject_of("my name?=A=1 B=2 ./program one C=3");
    EXPECT_EQ(made.name, "my name");
    EXPECT_TRUE(made.optional);
    EXPECT_THAT(made.environment, ElementsAre("A=1", "B=2"));
    EXPECT_THAT(made.command, ElementsAre("./program", "one", "C=3"));
    EXPECT_EQ(bench::command_line(made), "A=1 B=2 ./program one C=3");
    EXPECT_THROW(bench::subject_of("program"), std::runtime_error);
    EXPECT_THROW(bench::subject_of("=program"), std::runtime_error);
    EXPECT_THROW(bench::subject_of("name=A=1"), std::runtime_error);
}

// A function's side: one connection, read until a text has come.
class function_side {
public:
    explicit function_side(const std::string& address)
        : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    }
    function_side(const function_side&) = delete;
    function_side& operator=(const function_side&) = delete;
    ~function_side() { ::close(socket_); }

    void send(std::string_view bytes) {
        EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// What has arrived and not been read; the server has served until now.
    std::string arrived() {
        std::string text(65536, '\0');
        const ssize_t got = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }

private:
    int socket_;
};

std::uint64_t soon() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) + 5'000'000;
}

class a_crowd_api : public testing::Test {
protected:
    // Serves until the other side has got something.
    std::string served(function_side& function) {
        for (std::string text;;) {
            api.serve(soon());
            if (text = function.arrived(); !text.empty())
                return text;
        }
    }
    static std::string id_in(const std::string& event) {
        const std::size_t at = event.find("Request-Id: ") + 12;
        return event.substr(at, event.find('\r', at) - at);
    }
    static std::string answer(const std::string& id, std::string_view body) {
        return "POST /2018-06-01/runtime/invocation/" + id +
               "/response HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               std::string(body);
    }

    bench::crowd_api api{2};
};

TEST_F(a_crowd_api, gives_every_worker_an_event_of_its_own) {
    function_side one(api.address());
    function_side two(api.address());
    one.send(get);
    two.send(get);
    EXPECT_NE(id_in(served(one)), id_in(served(two)));
    EXPECT_EQ(api.connected(), 2U);
    EXPECT_EQ(api.answered(), 0U);
}

TEST_F(a_crowd_api, takes_answers_out_of_order_and_on_any_connection) {
    function_side one(api.address());
    function_side two(api.address());
    one.send(get);
    const std::string first = id_in(served(one));
    two.send(get);
    const std::string second = id_in(served(two));
    one.send(answer(second, "{}"));
    EXPECT_THAT(served(one), HasSubstr("202 Accepted"));
    two.send(answer(first, "{}") + std::string(get));
    const std::string both = served(two);
    EXPECT_THAT(both, HasSubstr("202 Accepted"));
    EXPECT_THAT(both, HasSubstr("Lambda-Runtime-Aws-Request-Id: "));
    EXPECT_EQ(api.answered(), 2U);
}

TEST_F(a_crowd_api, gives_as_many_events_as_it_is_told_and_lets_the_others_wait) {
    function_side one(api.address());
    function_side two(api.address());
    one.send(get);
    two.send(get);
    api.serve_events(0, 2, 10);
    EXPECT_EQ(one.arrived() + two.arrived(), "");
    // Whoever gets an event answers it, and both ask again.
    std::thread function([&] {
        for (int answered = 0; answered < 3;) {
            for (function_side* each : {&one, &two}) {
                if (const std::string text = each->arrived(); text.find("Id: ") != text.npos) {
                    each->send(answer(id_in(text), "{}") + std::string(get));
                    ++answered;
                }
            }
        }
    });
    api.serve_events(3, 2, 10);
    function.join();
    EXPECT_EQ(api.answered(), 3U);
}

TEST_F(a_crowd_api, refuses_a_second_answer_and_one_that_is_no_echo) {
    function_side one(api.address());
    one.send(get);
    const std::string id = id_in(served(one));
    one.send(answer(id, "{}"));
    served(one);
    one.send(answer(id, "{}"));
    EXPECT_THROW(served(one), std::runtime_error);
    function_side other(api.address());
    other.send(get);
    other.send(answer(id_in(served(other)), "[]"));
    EXPECT_THROW(served(other), std::runtime_error);
}

TEST(a_runtime_api, goes_on_with_the_connection_on_which_something_comes) {
    bench::runtime_api server(10);
    function_side one(server.address());
    server.accept();
    one.send(get);
    EXPECT_EQ(server.expect(bench::request_kind::next).body_bytes, 0U);
    function_side two(server.address());
    two.send("POST /2018-06-01/runtime/invocation/1/response HTTP/1.1\r\n"
             "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    server.accept_or_resume();
    const bench::request answer = server.expect(bench::request_kind::response);
    EXPECT_EQ(answer.body, "abc");
    EXPECT_NE(answer.first_byte_ns, 0U);
    one.send(get);
    server.accept_or_resume();
    EXPECT_EQ(server.expect(bench::request_kind::next).kind, bench::request_kind::next);
    server.send("for one");
    std::string arrived;
    while (arrived.empty())
        arrived = one.arrived();
    EXPECT_EQ(arrived, "for one");
    EXPECT_EQ(two.arrived(), "");
}

// A folder of its own to work in.
class working_folder {
public:
    working_folder() {
        std::string name = testing::TempDir() + "bench-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no temporary folder");
        fs::current_path(name);
    }
    working_folder(const working_folder&) = delete;
    working_folder& operator=(const working_folder&) = delete;
    ~working_folder() {
        const fs::path mine = fs::current_path();
        fs::current_path(before_);
        fs::remove_all(mine);
    }

private:
    fs::path before_ = fs::current_path();
};

std::vector<std::string> files_here() {
    std::vector<std::string> names;
    for (const fs::directory_entry& each : fs::directory_iterator("."))
        names.push_back(each.path().filename());
    return names;
}

TEST(fresh_copies, are_other_files_after_each_renewal_and_gone_in_the_end) {
    const working_folder here;
    std::ofstream("program") << "#!/bin/sh\n";
    fs::permissions("program", fs::perms::owner_all);
    {
        bench::fresh_copies copies;
        const std::string first = copies.of("program");
        EXPECT_NE(first, "program");
        EXPECT_EQ(copies.of("program"), first);
        EXPECT_EQ(bench::contents(first), "#!/bin/sh\n");
        EXPECT_EQ(fs::status(first).permissions(), fs::perms::owner_all);
        copies.renew();
        const std::string second = copies.of("program");
        EXPECT_EQ(bench::contents(second), "#!/bin/sh\n");
        EXPECT_THAT(files_here(), testing::UnorderedElementsAre("program", second));
        EXPECT_NE(second, first);
        std::ofstream(first) << "left by a run that was interrupted";
        copies.renew();
        EXPECT_EQ(bench::contents(copies.of("program")), "#!/bin/sh\n");
    }
    EXPECT_THAT(files_here(), ElementsAre("program"));
}

TEST(fresh_copies, are_not_made_of_what_is_not_ours_or_too_large) {
    const working_folder here;
    std::ofstream("program") << "#!/bin/sh\n";
    fs::create_symlink("program", "link");
    fs::create_directory("folder");
    std::ofstream("large") << "x";
    fs::resize_file("large", 16 * 1024 * 1024 + 1);
    bench::fresh_copies copies;
    for (const char* other : {"link", "folder", "large", "nobody", "/bin/sh", ""})
        EXPECT_EQ(copies.of(other), other);
    EXPECT_EQ(files_here().size(), 4u);
}

} // namespace
