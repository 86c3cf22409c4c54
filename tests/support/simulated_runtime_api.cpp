// SPDX-License-Identifier: Apache-2.0
#include "support/simulated_runtime_api.hpp"

#include <spry/core/task_scope.hpp>
#include <spry/emulator/testing/detail/chunked_body.hpp>
#include <spry/io/socket.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <span>
#include <utility>

namespace spry::tests {

using spry::testing::chunked_body;

namespace {

constexpr std::string_view next_line = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";
constexpr std::string_view answer_prefix = "POST /2018-06-01/runtime/invocation/";
constexpr std::string_view head_end = "\r\n\r\n";

std::string status_text(int status, bool closes, std::string_view body = "{}") {
    return "HTTP/1.1 " + std::to_string(status) +
           " Simulated\r\nContent-Length: " + std::to_string(body.size()) +
           (closes ? "\r\nConnection: close" : "") + "\r\n\r\n" + std::string{body};
}

std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const std::size_t found = head.find(name);
    std::size_t length = 0;
    if (found != head.npos)
        std::from_chars(head.data() + found + name.size(), head.data() + head.size(), length);
    return length;
}

} // namespace

struct simulated_runtime_api::inbound : queue_link {
    inbound(io::event_loop& loop, io::unique_fd fd) noexcept : stream(loop, std::move(fd)) {}

    io::socket stream;
    std::string bytes; // received and not used
    std::array<std::byte, 2048> piece;
    const simulated_event* given = nullptr; // the last one on this connection
};

struct simulated_runtime_api::request {
    std::string line;
    std::string body;
    std::string trailers;
    bool is_streamed = false;
    bool is_whole = true;
};

simulated_runtime_api::simulated_runtime_api(io::event_loop& loop, std::uint64_t seed,
                                             const service_faults& with,
                                             std::vector<simulated_event> events)
    : loop_(loop),
      listener_(io::listener::bind(loop, io::address::loopback_v4(0)).value()),
      random_(seed),
      faults_(with),
      events_(std::move(events)) {}

simulated_event* simulated_runtime_api::find(std::string_view id) noexcept {
    const auto found = std::ranges::find(events_, id, &simulated_event::id);
    return found == events_.end() ? nullptr : &*found;
}

task<> simulated_runtime_api::run(stop_token stop) {
    task_scope connections;
    while (!stop.stop_requested()) {
        result<io::unique_fd> accepted = co_await listener_.accept(stop);
        if (accepted)
            connections.spawn(serve(std::move(*accepted)));
        else if (accepted.error() == std::errc::too_many_files_open)
            (void)co_await loop_.sleep_for(std::chrono::milliseconds{10});
        else
            break;
    }
    listener_.close();
    co_await connections.join();
}

void simulated_runtime_api::hang_up() noexcept {
    is_open_ = false;
    for (inbound* each = connections_.front(); each != nullptr; each = connections_.next(*each))
        each->stream.shutdown_both();
}

task<> simulated_runtime_api::serve(io::unique_fd fd) {
    inbound peer{loop_, std::move(fd)};
    connections_.push_back(peer);
    bool again = is_open_;
    while (again) {
        request asked;
        again = co_await read_request(&peer, &asked);
        if (!again)
            break;
        ++requests_;
        // Whoever goes on has got what came before.
        if (peer.given != nullptr && peer.given->handled == 0)
            nonsense_.push_back(asked.line + " behind " + peer.given->id + ", which was skipped");
        if (asked.line == next_line)
            again = co_await give_event(&peer);
        else
            again = co_await take_answer(&peer, &asked);
    }
    connections_.remove(peer);
}

task<bool> simulated_runtime_api::read_request(inbound* from, request* into) {
    while (true) {
        const std::size_t end = from->bytes.find(head_end);
        if (end != from->bytes.npos) {
            const std::string_view head = std::string_view{from->bytes}.substr(0, end);
            const std::string_view behind =
                std::string_view{from->bytes}.substr(end + head_end.size());
            into->line = head.substr(0, head.find("\r\n"));
            into->is_streamed = head.find("\r\nTransfer-Encoding: chunked") != head.npos;
            std::size_t size = content_length(head);
            if (into->is_streamed) {
                const chunked_body body = spry::testing::read_chunked_body(behind);
                if (body.is == chunked_body::state::malformed)
                    nonsense_.push_back(into->line + " with a body that is not chunked");
                into->is_whole = body.is == chunked_body::state::whole;
                into->body = body.text();
                into->trailers = body.trailers;
                size = body.size;
            } else {
                into->is_whole = behind.size() >= size;
                into->body = behind.substr(0, size);
            }
            if (into->is_whole) {
                from->bytes.erase(0, end + head_end.size() + size);
                co_return true;
            }
            if (random_.chance(faults_.refuses_early))
                co_return true;
        }
        if (faults_.pause.count() != 0)
            (void)co_await loop_.sleep_for(faults_.pause);
        const result<std::size_t> received = co_await from->stream.recv(from->piece);
        if (!received || *received == 0)
            co_return false;
        from->bytes.append(reinterpret_cast<const char*>(from->piece.data()), *received);
    }
}

task<bool> simulated_runtime_api::send(inbound* to, std::string text, bool closes) {
    const result<std::size_t> sent = co_await to->stream.send(std::as_bytes(std::span{text}));
    if (!sent || closes)
        co_return false;
    co_return !random_.chance(faults_.closes_silently);
}

std::string simulated_runtime_api::event_text(const simulated_event& event, bool closes) {
    std::string names[] = {"Lambda-Runtime-Aws-Request-Id: ", "Lambda-Runtime-Deadline-Ms: "};
    for (std::string& name : names) { // they come in any case
        if (!random_.chance(300))
            continue;
        for (char& c : name)
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    std::string text =
        "HTTP/1.1 200 OK\r\n" + names[0] + event.id + "\r\n" + names[1] + event.deadline + "\r\n";
    if (closes)
        text += "Connection: close\r\n";
    if (!random_.chance(faults_.chunked))
        return text + "Content-Length: " + std::to_string(event.body.size()) + "\r\n\r\n" +
               event.body;
    text += "Transfer-Encoding: chunked\r\n\r\n";
    std::string_view left = event.body;
    while (!left.empty()) {
        const auto size = static_cast<std::size_t>(random_.up_to(left.size()));
        std::array<char, 16> digits;
        const char* const end =
            std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
        text.append(digits.data(), static_cast<std::size_t>(end - digits.data()))
            .append("\r\n")
            .append(left.substr(0, size))
            .append("\r\n");
        left.remove_prefix(size);
    }
    return text + "0\r\n\r\n";
}

task<bool> simulated_runtime_api::give_event(inbound* to) {
    const bool closes = random_.chance(faults_.closes);
    if (random_.chance(faults_.no_event)) {
        std::string none =
            random_.chance(500) ? "HTTP/1.1 204 No Content\r\n\r\n" : status_text(408, closes, "");
        const bool ends = closes && none.find("close") != none.npos;
        const bool again = co_await send(to, std::move(none), ends);
        co_return again;
    }
    if (next_ == events_.size()) {
        std::string over = status_text(403, false);
        const bool again = co_await send(to, std::move(over), false);
        co_return again;
    }
    simulated_event& event = events_[next_++];
    event.is_given = true;
    to->given = &event;
    std::string text = event_text(event, closes);
    const bool again = co_await send(to, std::move(text), closes);
    event.is_troubled = !again && !closes;
    co_return again;
}

task<bool> simulated_runtime_api::take_answer(inbound* from, request* asked) {
    const std::string_view line = asked->line;
    const bool is_post = line.starts_with(answer_prefix);
    const std::size_t slash = is_post ? line.find('/', answer_prefix.size()) : line.npos;
    const std::size_t space = is_post ? line.find(' ', answer_prefix.size()) : line.npos;
    if (slash == line.npos || space == line.npos || slash > space) {
        nonsense_.emplace_back(line);
        co_return false;
    }
    simulated_event* const event =
        find(line.substr(answer_prefix.size(), slash - answer_prefix.size()));
    if (event == nullptr || !event->is_given) {
        nonsense_.emplace_back(line);
        co_return false;
    }
    if (!asked->is_whole) {
        event->is_troubled = true;
        std::string refusal = status_text(413, true);
        const bool again = co_await send(from, std::move(refusal), true);
        co_return again;
    }
    std::string answer{line.substr(slash + 1, space - slash - 1)};
    if (asked->is_streamed)
        answer = answer == "response" ? "streamed" : "a streamed " + answer;
    answer += " ";
    answer += asked->body;
    if (!asked->trailers.empty())
        answer += "|" + asked->trailers;
    event->answers.push_back(std::move(answer));

    if (random_.chance(faults_.forgets)) {
        event->is_troubled = true;
        co_return false;
    }
    int status = 202;
    if (random_.chance(faults_.refuses))
        status = random_.chance(500) ? 400 : 413;
    if (random_.chance(faults_.fails))
        status = 500;
    event->is_troubled = event->is_troubled || status != 202;
    // Who is told 500 ends, and a call for the next event that came along with its answer is void.
    const bool closes = status == 500 || random_.chance(faults_.closes);
    std::string acknowledgement = status_text(status, closes);
    const bool again = co_await send(from, std::move(acknowledgement), closes);
    co_return again;
}

} // namespace spry::tests
