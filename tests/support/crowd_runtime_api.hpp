// SPDX-License-Identifier: Apache-2.0
// A Runtime API for functions with several workers: many connections on a thread of its own, by
// plain poll(2), and nothing of spry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace spry::testing {

/// One request as it came.
struct crowd_call {
    std::string method;
    std::string target;
    std::string body;
    std::string id;           ///< of the invocation that is answered; empty for other calls
    int connection = 0;       ///< counts from 1, in the order of the connects
    int number = 0;           ///< of its kind (next or not), counts from 1
    bool is_next = false;     ///< asks for an event
    bool is_followed = false; ///< more had come with it: a pipelined request
};

struct crowd_script {
    /// The body of each event; their ids are "e0", "e1"...
    std::vector<std::string> events;
    /// No event is given before so many calls for one wait.
    unsigned together = 1;
    /// What a call is told at once: whole bytes, or "close", which ends the connection. Empty: what
    /// it is always told, which is an event for a next and 202 for all else.
    std::function<std::string(const crowd_call&)> reply = {};
    /// Behind the last event: SIGTERM for this process, once `together` calls wait again, and
    /// not 403 for whoever asks.
    bool terminates = false;
};

class crowd_runtime_api {
public:
    explicit crowd_runtime_api(crowd_script script);
    ~crowd_runtime_api();
    crowd_runtime_api(const crowd_runtime_api&) = delete;
    crowd_runtime_api& operator=(const crowd_runtime_api&) = delete;

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    /// Ends the thread, once what has been sent to it is read. Then the rest is valid.
    void finish();

    /// All calls, in the order in which they were read.
    const std::vector<crowd_call>& calls() const noexcept { return calls_; }
    /// "response BODY" or "error BODY", by id, in the order in which they came.
    const std::multimap<std::string, std::string>& answers() const noexcept { return answers_; }
    /// Ids in the order of their answers.
    const std::vector<std::string>& answered() const noexcept { return answered_; }
    /// Connections that were made, and most calls for an event that waited at once.
    int connections() const noexcept { return connections_made_; }
    std::size_t waiting_max() const noexcept { return waiting_max_; }

private:
    struct connection {
        int fd = -1;
        int number = 0;
        std::string unread;
    };

    void serve();
    void accept_all();
    void read_from(connection& from);
    void take(connection& from, crowd_call call);
    void deal();
    void send(connection& to, std::string_view bytes);
    void close(connection& which);

    crowd_script script_;
    std::size_t given_ = 0;
    std::size_t answered_count_ = 0;
    bool is_together_ = false;
    bool is_over_ = false;
    int nexts_ = 0;
    int others_ = 0;
    int connections_made_ = 0;
    std::size_t waiting_max_ = 0;
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<connection*> waiting_;
    std::vector<crowd_call> calls_;
    std::multimap<std::string, std::string> answers_;
    std::vector<std::string> answered_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace spry::testing
