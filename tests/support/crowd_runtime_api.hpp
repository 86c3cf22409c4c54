// SPDX-License-Identifier: Apache-2.0
// A Runtime API for functions with several workers: any number of connections, on a thread of its
// own by plain poll(2), and nothing of spry. Over a scripted network: scripted_crowd.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
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
    /// What a call is told at once: whole bytes, or one of these.
    ///
    /// - empty: what it is always told, which is an event for a next and 202 for all else;
    /// - "close": the connection ends; "reset": by a reset; "cut BYTES": the same behind BYTES;
    /// - "vanish": nothing more is heard on this connection, until all events are answered. Then it
    ///   ends;
    /// - "leave": all connections end, and nobody can make a new one.
    std::function<std::string(const crowd_call&)> reply = {};
    /// Behind the last event: SIGTERM for this process, once `together` calls wait again, and
    /// not 403 for whoever asks.
    bool terminates = false;
};

/// One connection, as the service sees it.
struct crowd_connection {
    int number = 0;
    std::string unread;
    bool is_open = true;
    bool has_vanished = false;
};

/// What the service does, whatever carries its bytes.
class crowd_service {
public:
    crowd_service(const crowd_service&) = delete;
    crowd_service& operator=(const crowd_service&) = delete;

    /// All calls, in the order in which they were read.
    const std::vector<crowd_call>& calls() const noexcept { return calls_; }
    /// "response BODY" or "error BODY", by id, in the order in which they came.
    const std::multimap<std::string, std::string>& answers() const noexcept { return answers_; }
    /// Ids in the order of their answers.
    const std::vector<std::string>& answered() const noexcept { return answered_; }
    /// Connections that were made, and most calls for an event that waited at once.
    int connections() const noexcept { return connections_made_; }
    std::size_t waiting_max() const noexcept { return waiting_max_; }

protected:
    explicit crowd_service(crowd_script script) : script_(std::move(script)) {}
    ~crowd_service() = default;

    enum class ending : bool { orderly, reset };

    void join(crowd_connection& who);
    /// What has been received; answers what is whole.
    void receive(crowd_connection& from, std::string_view bytes);
    /// The connection has ended, whoever ended it.
    void part(crowd_connection& who);
    /// Gives events to those who wait, where there are any.
    void deal();

private:
    virtual void send(crowd_connection& to, std::string_view bytes) = 0;
    /// Ends and parts.
    virtual void end(crowd_connection& which, ending how) = 0;
    virtual void stop_listening() = 0;

    void take(crowd_connection& from, crowd_call call);
    void reply(crowd_connection& to, const crowd_call& call, std::string_view told);

    crowd_script script_;
    std::size_t given_ = 0;
    std::size_t answered_count_ = 0;
    bool is_together_ = false;
    bool is_over_ = false;
    int nexts_ = 0;
    int others_ = 0;
    int connections_made_ = 0;
    std::size_t waiting_max_ = 0;
    std::vector<crowd_connection*> present_;
    std::vector<crowd_connection*> waiting_;
    std::vector<crowd_call> calls_;
    std::multimap<std::string, std::string> answers_;
    std::vector<std::string> answered_;
};

class crowd_runtime_api final : public crowd_service {
public:
    explicit crowd_runtime_api(crowd_script script);
    ~crowd_runtime_api();

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    /// Ends the thread, once what has been sent to it is read. Then the rest is valid.
    void finish();

private:
    struct connection : crowd_connection {
        int fd = -1;
    };

    void serve();
    void accept_all();
    void read_from(connection& from);
    void send(crowd_connection& to, std::string_view bytes) override;
    void end(crowd_connection& which, ending how) override;
    void stop_listening() override;

    std::vector<std::unique_ptr<connection>> connections_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace spry::testing
