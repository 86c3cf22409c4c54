// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/host.hpp>

#include <spry/core/stop_token.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/io/child_process.hpp>
#include <spry/io/signals.hpp>
#include <spry/io/standard_error.hpp>

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace spry::emulator {

namespace {

// Until a child that has ended has been reaped by whoever waits for it.
constexpr std::chrono::milliseconds reap_pause{5};

// Not where nobody reads it, and its pipe is full: that would wait for ever.
void tell(std::initializer_list<std::string_view> parts) {
    pollfd room{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&room, 1, 0) != 0)
        io::write_error_line(parts);
}

int complain(std::initializer_list<std::string_view> parts) {
    tell(parts);
    return 1;
}

struct ends {
    stop_source orderly;
    stop_source at_once;
    stop_source over;
};

task<> reap(io::event_loop* loop, emulator* local, stop_token over) {
    while (true) {
        const std::vector<int> functions = local->processes();
        if (!io::reap_orphans(functions))
            co_return;
        const result<> slept = co_await loop->sleep_for(reap_pause, over);
        if (!slept)
            co_return;
    }
}

task<> watch_signals(io::event_loop* loop, io::signal_reader* signals, emulator* local, ends* of) {
    while (true) {
        const result<int> signal = co_await signals->next(of->over.token());
        if (!signal)
            co_return;
        if (*signal == SIGCHLD) {
            co_await reap(loop, local, of->over.token());
        } else if (!of->orderly.request_stop()) {
            of->at_once.request_stop();
        }
    }
}

task<> receive(io::event_loop* loop, emulator* local, visitor* who, ends* of, int* exit_code) {
    const io::address at = local->local_address();
    *exit_code = co_await who->visit(*loop, at, of->over.token());
    of->orderly.request_stop();
}

task<result<>> serve_until_signal(io::event_loop* loop, io::signal_reader* signals, emulator* local,
                                  const host_options* with, int* exit_code) {
    ends of;
    task_scope scope;
    scope.spawn(watch_signals(loop, signals, local, &of));
    if (with->first != nullptr)
        scope.spawn(receive(loop, local, with->first, &of, exit_code));
    if (with->beside != nullptr)
        scope.spawn(with->beside->accompany(*loop, *local, of.over.token()));
    const result<> outcome = co_await local->run(of.orderly.token(), of.at_once.token());
    of.over.request_stop();
    co_await scope.join();
    co_return outcome;
}

int complain_about_listening(const io::address& at, const std::error_code& error,
                             bool is_http_service, std::string_view setting) {
    const std::string port = std::to_string(at.port());
    if (is_http_service)
        return complain({"cannot listen on port ", port, ", which PORT names: ", error.message()});
    if (error == std::errc::address_in_use)
        return complain({"port ", port, " is in use: choose another one with ", setting,
                         "127.0.0.1:PORT, or 127.0.0.1:0 for a free one"});
    return complain({"cannot listen on ", at.to_string(), ": ", error.message(), " (choose with ",
                     setting, "127.0.0.1:PORT)"});
}

void say_where(const io::address& at, bool is_http_service, std::string_view page) {
    const std::string port = std::to_string(at.port());
    tell({"listening on http://", at.to_string()});
    if (is_http_service)
        tell({"try curl http://localhost:", port, "/"});
    else
        tell({"try curl -XPOST \"http://localhost:", port,
              "/2015-03-31/functions/function/invocations\" -d '{}'"});
    if (!page.empty())
        tell({"or open http://localhost:", port, page, " in a browser"});
}

} // namespace

bool is_init() noexcept {
    return ::getpid() == 1;
}

int host(io::event_loop& loop, emulator_options options, const host_options& with) {
    // Who reads our output may leave; the log is then lost, and nothing else.
    std::signal(SIGPIPE, SIG_IGN);
    const bool adopts = with.adopts_orphans && ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
    result<io::signal_reader> signals =
        is_init() || adopts ? io::signal_reader::create(loop, {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
                            : io::signal_reader::create(loop, {SIGINT, SIGTERM, SIGHUP});
    if (!signals)
        return complain({"no signals: ", signals.error().message()});

    const io::address wanted = options.listen.address;
    const bool is_http_service = options.http == http_front::alone;
    emulator local{loop, std::move(options)};
    const result<> listening = local.listen();
    if (!listening)
        return complain_about_listening(wanted, listening.error(), is_http_service,
                                        with.address_setting);
    if (with.says_where_it_listens)
        say_where(local.local_address(), is_http_service, with.page);

    int exit_code = 0;
    const result<> served =
        loop.run(serve_until_signal(&loop, &*signals, &local, &with, &exit_code));
    if (!served)
        return complain({with.explain_start(local, served.error())});
    return exit_code;
}

} // namespace spry::emulator
