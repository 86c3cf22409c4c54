// SPDX-License-Identifier: Apache-2.0
// A function for the emulator's tests: speaks the Runtime API over a socket of its own, so that it
// can also speak it wrongly, and does what the event says: {"do":"exit","n":3}. Its first argument
// says how it starts.
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace {

// Small: where a thousand threads send at once, large blocks cost their heap dearly.
constexpr int stream_piece_bytes = 4096;

struct answer {
    int status = 0;
    std::string head;
    std::string body;
};

int connect_to_api() {
    const std::string api = std::getenv("AWS_LAMBDA_RUNTIME_API");
    const std::size_t colon = api.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(api.c_str() + colon + 1)));
    ::inet_pton(AF_INET, api.substr(0, colon).c_str(), &to.sin_addr);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        ::_exit(99);
    return fd;
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0)
            return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

// One answer with a Content-Length; status 0 where the connection ends before.
answer read_answer(int fd) {
    std::string bytes;
    std::array<char, 65536> buffer;
    std::size_t head_end = bytes.npos;
    std::size_t length = 0;
    while (head_end == bytes.npos || bytes.size() < head_end + length) {
        const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (count <= 0)
            return {};
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
        if (head_end == bytes.npos && bytes.find("\r\n\r\n") != bytes.npos) {
            head_end = bytes.find("\r\n\r\n") + 4;
            const std::size_t at = bytes.find("Content-Length: ");
            length = static_cast<std::size_t>(std::atoll(bytes.c_str() + at + 16));
        }
    }
    return {std::atoi(bytes.c_str() + 9), bytes.substr(0, head_end),
            bytes.substr(head_end, length)};
}

std::string header(const answer& of, std::string_view name) {
    const std::string start = "\r\n" + std::string{name} + ": ";
    const std::size_t at = of.head.find(start);
    if (at == of.head.npos)
        return {};
    const std::size_t value = at + start.size();
    return of.head.substr(value, of.head.find("\r\n", value) - value);
}

std::string text_member(const std::string& event, std::string_view name) {
    const std::string start = "\"" + std::string{name} + "\":\"";
    const std::size_t at = event.find(start);
    if (at == event.npos)
        return {};
    const std::size_t value = at + start.size();
    return event.substr(value, event.find('"', value) - value);
}

int number_member(const std::string& event, std::string_view name) {
    const std::string start = "\"" + std::string{name} + "\":";
    const std::size_t at = event.find(start);
    if (at == event.npos)
        return 0;
    const bool is_text = event[at + start.size()] == '"'; // as in a query
    return std::atoi(event.c_str() + at + start.size() + (is_text ? 1 : 0));
}

// Each %XX as its byte.
std::string decoded(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%') {
            bytes += static_cast<char>(std::stoi(std::string{text.substr(at + 1, 2)}, nullptr, 16));
            at += 2;
        } else {
            bytes += text[at];
        }
    }
    return bytes;
}

// What a request to the function's URL wants to have said: "...&say=TEXT" at the end of its query.
std::string text_to_say(const std::string& event) {
    const std::string query = text_member(event, "rawQueryString");
    const std::size_t at = query.find("say=");
    return at == query.npos ? std::string{} : query.substr(at + 4);
}

[[noreturn]] void hang() {
    while (true)
        ::pause();
}

class runtime {
public:
    void run() {
        while (true) {
            answer next = get("/2018-06-01/runtime/invocation/next");
            // The emulator may see the new connection before it has seen the end of the old one.
            for (int tries = 0; has_cut_ && next.status == 403 && tries != 1000; ++tries) {
                ::usleep(1000);
                next = get("/2018-06-01/runtime/invocation/next");
            }
            has_cut_ = false;
            if (next.status != 200)
                ::_exit(98);
            id_ = header(next, "Lambda-Runtime-Aws-Request-Id");
            act(next, text_member(next.body, "do"), number_member(next.body, "n"));
        }
    }

    answer get(const std::string& path) {
        send_all(fd_, "GET " + path + " HTTP/1.1\r\nHost: api\r\n\r\n");
        return read_answer(fd_);
    }
    answer post(const std::string& path, const std::string& body, const std::string& headers = {}) {
        send_all(fd_, "POST " + path + " HTTP/1.1\r\nHost: api\r\n" + headers +
                          "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        return read_answer(fd_);
    }

private:
    std::string response_path() const {
        return "/2018-06-01/runtime/invocation/" + id_ + "/response";
    }
    std::string error_path() const { return "/2018-06-01/runtime/invocation/" + id_ + "/error"; }
    answer respond(const std::string& body, const std::string& headers = {}) {
        return post(response_path(), body, headers);
    }
    void start_stream(const std::string& headers = {}) {
        send_all(fd_, "POST " + response_path() +
                          " HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n"
                          "Lambda-Runtime-Function-Response-Mode: streaming\r\n" +
                          headers + "\r\n");
    }
    void send_chunk(const std::string& bytes) {
        std::array<char, 16> size{};
        std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
        send_all(fd_, size.data() + bytes + "\r\n");
    }
    answer end_stream() {
        send_all(fd_, "0\r\n\r\n");
        return read_answer(fd_);
    }
    void reconnect() {
        ::close(fd_);
        fd_ = connect_to_api();
    }
    static std::string describe(const answer& of) {
        return std::to_string(of.status) + " " + of.body;
    }

    void act(const answer& event, const std::string& what, int number) {
        if (what == "pid") {
            respond(std::to_string(::getpid()));
        } else if (what == "head") {
            respond(event.head);
        } else if (what == "env") {
            const char* value = std::getenv(text_member(event.body, "name").c_str());
            respond(value == nullptr ? "(unset)" : value);
        } else if (what == "cwd") {
            std::array<char, 4096> path{};
            respond(::getcwd(path.data(), path.size()) == nullptr ? "(none)" : path.data());
        } else if (what == "error") {
            post("/2018-06-01/runtime/invocation/" + id_ + "/error",
                 R"({"errorMessage":"no","errorType":"Function.No"})");
        } else if (what == "exit") {
            ::_exit(number);
        } else if (what == "respond_and_exit") {
            respond("\"answered\"");
            ::_exit(number);
        } else if (what == "signal") {
            ::raise(number);
        } else if (what == "hang") {
            hang();
        } else if (what == "hang_deaf") {
            ::signal(SIGTERM, SIG_IGN);
            hang();
        } else if (what == "respond_and_hang") {
            respond("\"answered\"");
            hang();
        } else if (what == "sleep") {
            ::usleep(static_cast<unsigned>(number) * 1000);
            respond(event.body);
        } else if (what == "gate") { // until somebody opens the named pipe's other end
            ::close(::open(text_member(event.body, "name").c_str(), O_RDONLY));
            const char* colour = std::getenv("COLOUR");
            respond(colour == nullptr ? "\"opened\"" : colour);
        } else if (what == "print") {
            print(number);
            respond("\"printed\"");
            const std::string_view late = "printed late, no line end";
            (void)!::write(1, late.data(), late.size());
        } else if (what == "print_event") {
            const std::string line = event.body + "\n";
            (void)!::write(1, line.data(), line.size());
            respond("\"said\"");
        } else if (what == "big") {
            last_ = describe(respond(std::string(static_cast<std::size_t>(number), 'x')));
            reconnect();
        } else if (what == "last") {
            respond(last_);
        } else if (what == "twice") {
            respond("\"first\"");
            last_ = describe(respond("\"second\""));
        } else if (what == "wrong_id") {
            const std::string right = id_;
            id_ = "00000000-0000-0000-0000-000000000000";
            const std::string seen = describe(respond("\"to nobody\""));
            id_ = right;
            respond(seen);
        } else if (what == "next_again") {
            const answer again = get("/2018-06-01/runtime/invocation/next");
            respond(again.status == 200 && again.body == event.body &&
                            header(again, "Lambda-Runtime-Aws-Request-Id") == id_
                        ? "\"same\""
                        : "\"different\"");
        } else if (what == "init_error_late") {
            respond(describe(post("/2018-06-01/runtime/init/error", "{}")));
        } else if (what == "break_off") {
            send_all(fd_, "POST " + response_path() +
                              " HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nhalf");
            reconnect();
            // The emulator may see the new connection before it has seen the end of the old one.
            answer then = respond("\"whole\"");
            for (int tries = 0; then.status == 403 && tries != 1000; ++tries) {
                ::usleep(1000);
                then = respond("\"whole\"");
            }
        } else if (what == "chunked_cut") {
            send_all(fd_, "POST " + response_path() +
                              " HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "64\r\nhalf of it");
            reconnect();
            answer then = respond("\"whole\"");
            for (int tries = 0; then.status == 403 && tries != 1000; ++tries) {
                ::usleep(1000);
                then = respond("\"whole\"");
            }
        } else if (what == "bad_mode") {
            last_ =
                describe(respond("\"x\"", "Lambda-Runtime-Function-Response-Mode: sideways\r\n"));
        } else if (what == "stream_error") {
            start_stream("Trailer: Lambda-Runtime-Function-Error-Type, "
                         "Lambda-Runtime-Function-Error-Body\r\n");
            send_all(fd_, "4\r\npart\r\n0\r\n"
                          "Lambda-Runtime-Function-Error-Type: Function.Broken\r\n"
                          "Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiJtaWQifQ=="
                          "\r\n\r\n");
            read_answer(fd_);
        } else if (what == "stream_empty_error") { // a trailer without a value
            start_stream("Trailer: Lambda-Runtime-Function-Error-Type\r\n");
            send_all(fd_, "5\r\nwhole\r\n0\r\nLambda-Runtime-Function-Error-Type: \r\n\r\n");
            read_answer(fd_);
        } else if (what == "stream") {
            start_stream();
            for (int left = number; left > 0; left -= stream_piece_bytes) {
                const int count = left < stream_piece_bytes ? left : stream_piece_bytes;
                send_chunk(std::string(static_cast<std::size_t>(count), 'x'));
            }
            last_ = describe(end_stream());
        } else if (what == "stream_gated") { // the second piece comes with a SIGUSR1
            sigset_t gate;
            ::sigemptyset(&gate);
            ::sigaddset(&gate, SIGUSR1);
            ::sigprocmask(SIG_BLOCK, &gate, nullptr);
            start_stream();
            send_chunk("first");
            int opened = 0;
            ::sigwait(&gate, &opened);
            send_chunk("second");
            end_stream();
        } else if (what == "say") { // at the function's URL, an answer
            respond(decoded(text_to_say(event.body)));
        } else if (what == "stream_say") { // a streamed one, "|" between its chunks
            start_stream("Content-Type: application/vnd.awslambda.http-integration-response\r\n"
                         "Trailer: Lambda-Runtime-Function-Error-Type, "
                         "Lambda-Runtime-Function-Error-Body\r\n");
            const std::string all = text_to_say(event.body);
            for (std::string_view left = all; !left.empty();) {
                const std::string_view chunk = left.substr(0, left.find('|'));
                if (!chunk.empty())
                    send_chunk(decoded(chunk));
                left.remove_prefix(chunk.size() == left.size() ? left.size() : chunk.size() + 1);
            }
            const std::string then = text_member(event.body, "then");
            if (then == "hang")
                hang();
            if (then == "fail") {
                send_all(fd_, "0\r\nLambda-Runtime-Function-Error-Type: Function.Broken\r\n"
                              "Lambda-Runtime-Function-Error-Body: e30=\r\n\r\n");
                read_answer(fd_);
            } else {
                end_stream();
            }
        } else if (what == "stream_blanks_and_hang") { // a prelude that does not end
            start_stream("Content-Type: application/vnd.awslambda.http-integration-response\r\n");
            for (int sent = 0; sent < number; sent += stream_piece_bytes)
                send_chunk(std::string(stream_piece_bytes, ' '));
            hang();
        } else if (what == "stream_exit") {
            start_stream();
            send_chunk("half");
            ::_exit(number);
        } else if (what == "stream_hang") {
            start_stream();
            send_chunk("half");
            hang();
        } else if (what == "stream_cut") {
            start_stream();
            send_chunk("half");
            reconnect();
            has_cut_ = true;
        } else if (what == "fork") {
            const int pid = ::fork();
            if (pid == 0)
                hang();
            respond(std::to_string(pid));
        } else if (what == "daemon") {
            const int pid = ::fork();
            if (pid == 0) {
                ::setsid(); // out of the process group
                hang();
            }
            respond(std::to_string(pid));
        } else if (what == "fail_twice") {
            static int attempts = 0;
            if (++attempts <= 2)
                post(error_path(), R"({"errorMessage":"not yet","errorType":"Function.Busy"})");
            else
                respond("\"done\"");
        } else if (what == "count") {
            static std::atomic<int> count = 0;
            respond(std::to_string(++count));
        } else if (what == "count_and_echo") {
            static int count = 0;
            respond(std::to_string(++count) + " " + event.body);
        } else if (what == "meet") { // comes back when so many are here at a time
            static std::atomic<int> here = 0;
            ++here;
            while (here < number)
                ::usleep(1000);
            respond(event.body);
        } else if (what == "too_much") {
            std::string memory(static_cast<std::size_t>(number) * 1024 * 1024, 'x');
            ::kill(::getpid(), memory.back() == 'x' ? SIGKILL : 0);
        } else if (what == "error_cause") {
            post(error_path(),
                 R"({"errorMessage":"m","errorCause":{"paths":["}"]},"errorType":"Function.T"})",
                 "Content-Type: application/vnd.aws.lambda.error.cause+json\r\n");
        } else if (what == "bad_cause") {
            post(error_path(), "no json",
                 "Content-Type: application/vnd.aws.lambda.error.cause+json\r\n");
        } else if (what == "big_error") {
            const answer refused =
                post(error_path(), std::string(static_cast<std::size_t>(number), 'x'));
            reconnect();
            if (refused.status != 202)
                respond(describe(refused));
        } else if (what == "half_close") {
            send_all(fd_, "POST " + response_path() +
                              " HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nhalf");
            ::shutdown(fd_, SHUT_WR);
            const answer seen = read_answer(fd_);
            reconnect();
            respond(describe(seen));
        } else if (what == "dribble") {
            const std::string whole =
                "POST " + response_path() +
                " HTTP/1.1\r\nHost: api\r\nContent-Length: " + std::to_string(event.body.size()) +
                "\r\n\r\n" + event.body;
            for (const char& byte : whole)
                send_all(fd_, {&byte, 1});
            read_answer(fd_);
        } else if (what == "late") { // answers when its time is over
            ::usleep(static_cast<unsigned>(number) * 1000);
            last_ = describe(respond("\"late\""));
        } else if (what == "no_such_path") {
            respond(describe(get("/2018-06-01/nothing")));
        } else {
            respond(event.body, "Content-Type: application/json\r\n");
        }
    }

    static void print(int lines) {
        for (int i = 0; i != lines; ++i) {
            const std::string line = "line " + std::to_string(i) + (i + 1 == lines ? "" : "\n");
            (void)!::write(i % 2 == 0 ? 1 : 2, line.data(), line.size());
        }
    }

    int fd_ = connect_to_api();
    std::string id_;
    bool has_cut_ = false; // its last response
    std::string last_;
};

} // namespace

int main(int argc, char** argv) {
    const std::string_view how = argc > 1 ? argv[1] : "";
    if (how == "init_exit")
        return 7;
    if (how == "init_hang")
        hang();
    if (how == "init_slow")
        ::usleep(200'000);
    if (how == "init_slow_once" && ::mkdir(argv[2], 0700) == 0)
        hang();
    if (how == "orphans") {
        for (int i = 0; i != 20; ++i) {
            if (::fork() == 0) { // whose child loses its parent at once
                if (::fork() == 0)
                    ::usleep(1000);
                ::_exit(0);
            }
        }
        while (::wait(nullptr) > 0) {
        }
        (void)!::write(1, "orphans made\n", 13);
    }
    if (how == "sigterm")
        ::signal(SIGTERM, [](int) {
            (void)!::write(1, "SIGTERM seen\n", 13);
            ::_exit(0);
        });
    if (how == "workers") {
        std::vector<std::thread> workers;
        for (int left = std::atoi(argv[2]); left > 0; --left)
            workers.emplace_back([] { runtime{}.run(); });
        for (std::thread& each : workers)
            each.join();
        return 0;
    }
    if (how == "init_exit_once" && ::mkdir(argv[2], 0700) == 0)
        return 7;
    runtime function;
    const bool fails_once = how == "init_error_once" && ::mkdir(argv[2], 0700) == 0;
    if (how == "init_error" || how == "init_error_and_stay" || fails_once) {
        function.post("/2018-06-01/runtime/init/error",
                      R"({"errorMessage":"not today","errorType":"Function.Init"})");
        if (how == "init_error_and_stay") {
            const answer next = function.get("/2018-06-01/runtime/invocation/next");
            const std::string line =
                "next after init error: " + std::to_string(next.status) + " " + next.body;
            (void)!::write(1, line.data(), line.size());
            hang();
        }
        return 1;
    }
    function.run();
}
