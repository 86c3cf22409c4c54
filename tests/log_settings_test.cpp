// SPDX-License-Identifier: Apache-2.0
// Where Lambda's variables send records. A process reads them once, with its first record: each
// test has a process of its own, and this program's first one never logs.
#include <spry/handler_api/log.hpp>

#include <spry/handler_api/detail/standard_output.hpp>

#include "support/captured_output.hpp"
#include "support/forked.hpp"
#include "support/log_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

using spry::tests::captured_output;
using spry::tests::exit_code_of;
using spry::tests::frame;
using spry::tests::frames_in;
using spry::tests::lines_in;
using spry::tests::read_to_end;
using testing::EndsWith;
using testing::HasSubstr;

TEST(contract_4_1, level_and_format_are_read_once) {
    EXPECT_EQ(exit_code_of([] {
                  ::setenv("AWS_LAMBDA_LOG_LEVEL", "warn", 1);
                  ::setenv("AWS_LAMBDA_LOG_FORMAT", "json", 1);
                  captured_output captured;
                  spry::process_log().info("below");
                  spry::process_log().warn("first");
                  ::setenv("AWS_LAMBDA_LOG_LEVEL", "TRACE", 1);
                  ::setenv("AWS_LAMBDA_LOG_FORMAT", "Text", 1);
                  spry::process_log().info("below");
                  spry::process_log().warn("second");
                  const std::vector<std::string> lines = lines_in(captured.finish());
                  return lines.size() == 2 && lines[0].ends_with("\"message\":\"first\"}\n") &&
                                 lines[1].ends_with("\"message\":\"second\"}\n")
                             ? 0
                             : 1;
              }),
              0);
}

// What the process logs to a pipe that the variable names, read by this one.
template <class Body>
std::vector<frame> frames_of_process(const char* format, Body body) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    spry::tests::forked process{[&] {
        ::close(ends[0]);
        ::setenv("AWS_LAMBDA_LOG_FORMAT", format, 1);
        ::setenv("_LAMBDA_TELEMETRY_LOG_FD", std::to_string(ends[1]).c_str(), 1);
        return body(ends[1]);
    }};
    ::close(ends[1]);
    const std::string stream = read_to_end(ends[0]);
    ::close(ends[0]);
    EXPECT_EQ(process.exit_code(), 0);
    return frames_in(stream);
}

TEST(contract_11_9, records_are_framed_on_the_telemetry_descriptor) {
    const auto log_two = [](int) {
        captured_output captured;
        spry::process_log().info("first");
        spry::process_log().error("second");
        return captured.finish().empty() ? 0 : 1;
    };
    const std::vector<frame> text = frames_of_process("Text", log_two);
    ASSERT_EQ(text.size(), 2u);
    EXPECT_EQ(text[0].type, 0xA55A000F);
    EXPECT_THAT(text[0].message, EndsWith("\t\tINFO\tfirst\n"));
    EXPECT_EQ(text[1].type, 0xA55A0017);
    const std::vector<frame> json = frames_of_process("JSON", log_two);
    ASSERT_EQ(json.size(), 2u);
    EXPECT_EQ(json[0].type, 0xA55A000E);
    EXPECT_THAT(json[0].message, EndsWith("\"level\":\"INFO\",\"message\":\"first\"}\n"));
    EXPECT_EQ(json[1].type, 0xA55A0016);
}

TEST(contract_4_2, the_telemetry_descriptor_is_removed_from_the_environment_and_from_children) {
    const std::vector<frame> frames = frames_of_process("Text", [](int fd) {
        spry::process_log().info("first");
        if (std::getenv("_LAMBDA_TELEMETRY_LOG_FD") != nullptr)
            return 1;
        const std::string number = std::to_string(fd);
        const std::string command = "if [ -e /proc/self/fd/" + number +
                                    " ] || [ -n \"$_LAMBDA_TELEMETRY_LOG_FD\" ]; then exit 7; fi";
        return std::system(command.c_str()) == 0 ? 0 : 2;
    });
    EXPECT_EQ(frames.size(), 1u);
}

TEST(contract_4_2, a_telemetry_descriptor_that_is_none_sends_records_to_standard_output) {
    for (const char* number : {"", "987", "-1", "three", "1x", "99999999999999"}) {
        SCOPED_TRACE(number);
        EXPECT_EQ(exit_code_of([&] {
                      ::setenv("_LAMBDA_TELEMETRY_LOG_FD", number, 1);
                      std::array<int, 2> errors{};
                      if (::pipe(errors.data()) != 0)
                          return 1;
                      ::dup2(errors[1], STDERR_FILENO);
                      captured_output captured;
                      spry::process_log().info("first");
                      const std::string text = captured.finish();
                      ::close(errors[1]);
                      ::close(STDERR_FILENO);
                      const std::string complaint = read_to_end(errors[0]);
                      const bool complains = complaint.find("no open descriptor") != complaint.npos;
                      return text.ends_with("\tINFO\tfirst\n") && complains == (*number != '\0')
                                 ? 0
                                 : 2;
                  }),
                  0);
    }
}

// A unix stream socket that has a name, and takes connections.
class named_socket {
public:
    named_socket()
        : path_("/tmp/spry-log-" + std::to_string(::getpid())),
          fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::unlink(path_.c_str());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd_, 8), 0);
    }
    named_socket(const named_socket&) = delete;
    named_socket& operator=(const named_socket&) = delete;
    ~named_socket() {
        ::close(fd_);
        ::unlink(path_.c_str());
    }
    const std::string& path() const noexcept { return path_; }
    /// All that arrives on the next connection.
    std::string next_connection() const {
        const int connection = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        std::string text = read_to_end(connection);
        ::close(connection);
        return text;
    }

private:
    std::string path_;
    int fd_;
};

TEST(contract_4_1, the_provider_socket_takes_standard_output_and_standard_error) {
    const named_socket provider;
    spry::tests::forked process{[&] {
        ::setenv("_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET", provider.path().c_str(), 1);
        ::setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances", 1);
        spry::process_log().info("a record");
        std::printf("printed\n");
        spry::detail::flush_standard_output();
        std::fprintf(stderr, "complained\n");
        return 0;
    }};
    const std::string out = provider.next_connection();
    const std::string err = provider.next_connection();
    EXPECT_EQ(process.exit_code(), 0);
    EXPECT_THAT(out, HasSubstr("\"level\":\"INFO\",\"message\":\"a record\"}\nprinted\n"));
    EXPECT_EQ(err, "complained\n");
}

TEST(contract_4_1, a_provider_socket_that_is_none_leaves_records_where_they_go) {
    for (const std::string& path : {std::string{"/nowhere/socket"}, std::string(200, 'x')}) {
        EXPECT_EQ(exit_code_of([&] {
                      ::setenv("_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET", path.c_str(), 1);
                      ::close(STDERR_FILENO);
                      captured_output captured;
                      spry::process_log().info("first");
                      return captured.finish().ends_with("\tINFO\tfirst\n") ? 0 : 1;
                  }),
                  0);
    }
}

} // namespace
