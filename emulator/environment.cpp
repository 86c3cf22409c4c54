// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/environment.hpp>

#include <spry/core/timestamp.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/peak_memory.hpp>
#include <spry/emulator/runtime_api.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/pipe.hpp>

#include <csignal>
#include <utility>

namespace spry::emulator {

namespace {

// Milliseconds that an answer of a process that has ended may take to be read: it is all there.
constexpr int last_words_turns_max = 100;

http::server_options runtime_api_options() noexcept {
    http::server_options options;
    options.head_bytes_max = http::runtime_api_head_bytes_max;
    options.idle_timeout = {}; // a function takes its time
    return options;
}

api_refusal refused_transition(runtime_state state, runtime_call call) {
    return {403, "InvalidStateTransition", transition_refused(state, call)};
}

// What stands in front of every message about an invocation.
std::string about(std::string_view request_id, std::string_view message) {
    std::string text = "RequestId: ";
    text += request_id;
    text += " Error: ";
    text += message;
    return text;
}

} // namespace

environment::environment(io::event_loop& loop, const function_program& program,
                         invocation_queue& waiting, int log_fd) noexcept
    : loop_(loop), program_(program), waiting_(waiting), log_(log_fd), has_current_(loop) {}

task<result<>> environment::run(stop_token stop, stop_token at_once) {
    result<io::listener> back = io::listener::bind(loop_, io::address::loopback_v4(0));
    result<io::pipe_ends> pipe = io::make_pipe(loop_);
    if (!back || !pipe) {
        const std::error_code error = back ? pipe.error() : back.error();
        fail_waiting("Runtime.Unknown", error.message());
        co_return failure(error);
    }
    io::child_options options;
    options.program = program_.program;
    options.arguments = program_.arguments;
    options.environment = function_environment(program_, back->local_address());
    options.standard_output = pipe->writer.get();
    options.standard_error = pipe->writer.get();
    // Measured with the clock itself, here and below: the loop's time stands still while it starts
    // a process, and that process may have asked for its first event within the same turn.
    started_ = io::clock::now();
    result<io::child_process> process = io::child_process::start(loop_, options);
    pipe->writer.reset(); // else its end would never come
    if (!process) {
        const std::error_code error = process.error();
        fail_waiting("Runtime.InvalidEntrypoint", program_.program + ": " + error.message());
        co_return failure(error);
    }
    process_ = &*process;

    function_output output{std::move(pipe->reader), log_};
    output_ = &output;
    runtime_api api{loop_, *this};
    http::server server{loop_, std::move(*back), api, runtime_api_options()};
    scope_.spawn(output.run(ending_.token()));
    scope_.spawn(serve(&server));
    scope_.spawn(watch_deadline());
    offer();

    const result<io::exit_status> ended = co_await end_of_process(stop, at_once);
    process_ = nullptr;
    co_await receive_last_words();
    // Calls in hand end first: they may still be sending an event.
    ending_.request_stop();
    current_over_.request_stop();
    co_await scope_.join();
    output.drain();
    settle(ended);
    output_ = nullptr;
    co_return result<>{};
}

task<result<io::exit_status>> environment::end_of_process(stop_token stop, stop_token at_once) {
    result<io::exit_status> ended = co_await process_->wait(stop);
    if (ended || ended.error() != make_error_code(errc::cancelled))
        co_return ended;

    stopping_ = true;
    process_->signal_group(SIGTERM);
    stop_source has_ended;
    task_scope patience;
    patience.spawn(kill_after(termination_grace, has_ended.token()));
    auto kill = [this] { process_->signal_group(SIGKILL); };
    stop_callback<decltype(kill)> on_at_once{at_once, kill};
    ended = co_await process_->wait();
    has_ended.request_stop();
    co_await patience.join();
    co_return ended;
}

// What the process has sent before it ended is still in its sockets: an answer, an init error.
task<> environment::receive_last_words() {
    for (int turn = 0; turn != last_words_turns_max; ++turn) {
        const result<> slept = co_await loop_.sleep_for(std::chrono::milliseconds{1});
        SPRY_ASSERT(slept.has_value());
        const bool receiving = state_ == runtime_state::response ||
                               state_ == runtime_state::error_response ||
                               (state_ == runtime_state::init_error && init_error_.empty());
        if (!receiving)
            co_return;
    }
}

task<> environment::kill_after(std::chrono::milliseconds grace, stop_token unless) {
    const result<> slept = co_await loop_.sleep_for(grace, unless);
    if (slept && process_ != nullptr)
        process_->signal_group(SIGKILL);
}

task<> environment::serve(http::server* server) {
    const result<> ended = co_await server->run(ending_.token());
    // Without its Runtime API the function would wait for ever.
    if (!ended && process_ != nullptr)
        process_->signal_group(SIGKILL);
}

task<> environment::watch_deadline() {
    while (!ending_.stop_requested()) {
        const result<> begun = co_await has_current_.wait(ending_.token());
        if (!begun)
            co_return;
        has_current_.reset();
        if (!current_)
            continue;
        const result<> slept =
            co_await loop_.sleep_until(current_->deadline, current_over_.token());
        // It may have ended in the same turn, or another may have begun.
        if (slept && current_ && process_ != nullptr && current_->deadline <= loop_.now()) {
            timed_out_ = true;
            process_->signal_group(SIGKILL);
        }
    }
}

void environment::offer() {
    // What comes while a process ends waits for the next one.
    if (current_ || process_ == nullptr || stopping_ || state_ == runtime_state::init_error ||
        waiting_.empty())
        return;
    take_next();
    if (state_ == runtime_state::ready && next_ != nullptr)
        deliver();
}

void environment::take_next() {
    const io::time_point now = io::clock::now();
    current_.emplace(*waiting_.pop_front(), now, now + program_.timeout);
    log_.begin();
    current_over_.reset();
    has_current_.set();
}

void environment::deliver() {
    SPRY_ASSERT(current_ && !current_->delivered && next_ != nullptr);
    state_ = runtime_state::running;
    current_->delivered = true;
    current_->begun = io::clock::now();
    log_.line("START RequestId: " + current_->request_id + " Version: " + program_.version);
    next_->changed.set();
}

std::optional<api_refusal> environment::begin_next(next_call& call) {
    const std::optional<runtime_state> state = next_state(state_, runtime_call::next);
    if (!state)
        return refused_transition(state_, runtime_call::next);
    if (state_ == runtime_state::started)
        init_duration_ = io::clock::now() - started_;
    if (state_ == runtime_state::response_sent)
        end_invocation({});
    state_ = *state;

    if (next_ != nullptr) {
        next_->superseded = true;
        next_->changed.set();
    }
    next_ = &call;
    if (state_ == runtime_state::running) {
        call.changed.set();
    } else if (current_) {
        deliver(); // taken while the process initialised
    } else {
        offer();
    }
    return std::nullopt;
}

void environment::end_next(next_call& call) noexcept {
    if (next_ == &call)
        next_ = nullptr;
}

invocation* environment::delivered() noexcept {
    return state_ == runtime_state::running && current_ ? current_->caller : nullptr;
}

std::int64_t environment::deadline_epoch_ms() const noexcept {
    SPRY_ASSERT(current_.has_value());
    const auto left = current_->deadline - io::clock::now();
    const auto when = std::chrono::system_clock::now().time_since_epoch() + left;
    return std::chrono::duration_cast<std::chrono::milliseconds>(when).count();
}

std::optional<api_refusal> environment::begin_answer(std::string_view id, runtime_call call) {
    // What was answered already counts as unknown: the service has forgotten it.
    if (!current_ || !current_->delivered || current_->answered || current_->request_id != id)
        return api_refusal{400, "InvalidRequestID", "Invalid request ID"};
    const std::optional<runtime_state> state = next_state(state_, call);
    if (!state)
        return refused_transition(state_, call);
    state_ = *state;
    return std::nullopt;
}

void environment::abandon_answer() noexcept {
    state_ = runtime_state::running;
}

void environment::complete_answer(function_outcome outcome) {
    if (timed_out_) { // it came while the process was being killed
        state_ = runtime_state::running;
        return;
    }
    state_ = runtime_state::response_sent;
    current_->answered = true;
    give_outcome(std::move(outcome));
}

// The caller gets it now, or, where it also wants the log, with the end of the invocation.
void environment::give_outcome(function_outcome outcome) {
    invocation* const caller = current_->caller;
    if (caller->wants_log_tail) {
        caller->outcome = std::move(outcome);
    } else {
        current_->caller = nullptr;
        caller->finish(std::move(outcome));
    }
}

void environment::end_invocation(std::string_view status) {
    output_->drain();
    const int pid = this->pid();
    if (pid > 0)
        peak_memory_kib_ = peak_memory_kib(pid);
    invocation_report report;
    report.duration = io::clock::now() - current_->begun;
    report.init_duration = std::exchange(init_duration_, std::nullopt);
    report.memory_size_mib = program_.memory_size_mib;
    report.max_memory_used_kib = peak_memory_kib_;
    report.status = status;
    log_.line("END RequestId: " + current_->request_id);
    log_.line(report_line(current_->request_id, report));
    if (invocation* const caller = std::exchange(current_->caller, nullptr)) {
        caller->log_tail = log_.tail().text();
        caller->finish(std::move(caller->outcome));
    }
    current_.reset();
    current_over_.request_stop();
}

std::optional<api_refusal> environment::begin_init_error() {
    const std::optional<runtime_state> state = next_state(state_, runtime_call::init_error);
    if (!state)
        return refused_transition(state_, runtime_call::init_error);
    state_ = *state;
    return std::nullopt;
}

void environment::complete_init_error(std::string document) {
    init_error_ = std::move(document);
    scope_.spawn(kill_after(init_error_grace, ending_.token()));
}

std::string environment::describe_end(const result<io::exit_status>& ended) const {
    return ended ? exit_message(*ended) : "Runtime is lost: " + ended.error().message();
}

void environment::settle(const result<io::exit_status>& ended) {
    if (ended)
        peak_memory_kib_ = ended->max_rss_kib;
    const bool in_init = state_ == runtime_state::started || state_ == runtime_state::init_error;
    const bool init_failed = in_init && !stopping_ && !timed_out_;
    if (init_failed) {
        init_duration_.reset();
        log_init_error(init_error_.empty() ? "Runtime.ExitError" : "reported");
    }
    if (current_) {
        settle_current(ended);
    } else if (!in_init && !stopping_) {
        log_.line("Between invocations: " + describe_end(ended));
    }
    // They have waited for this initialisation, as the one in hand has.
    if (init_failed)
        fail_waiting("Runtime.ExitError", describe_end(ended));
}

void environment::settle_current(const result<io::exit_status>& ended) {
    const std::string id = current_->request_id;
    if (!current_->delivered)
        log_.line("START RequestId: " + id + " Version: " + program_.version);

    function_outcome outcome;
    std::string_view status = "error";
    if (stopping_) {
        status = {};
    } else if (timed_out_) {
        const std::string text =
            "Task timed out after " + seconds_text(program_.timeout) + " seconds";
        log_.line(std::string{timestamp{std::chrono::system_clock::now()}.text()} + " " + id + " " +
                  text + "\n");
        outcome.what = function_outcome::kind::error;
        outcome.body = error_document("Sandbox.Timedout", about(id, text));
        status = "timeout";
    } else if (!init_error_.empty()) {
        outcome.what = function_outcome::kind::error;
        outcome.body = init_error_;
    } else {
        const std::string text = about(id, describe_end(ended));
        log_.line(text + "\nRuntime.ExitError");
        outcome.what = function_outcome::kind::error;
        outcome.body = error_document("Runtime.ExitError", text);
    }
    // What was answered in time stands.
    if (!current_->answered)
        give_outcome(std::move(outcome));
    end_invocation(status);
}

void environment::fail_waiting(std::string_view type, std::string_view message) {
    while (invocation* const next = waiting_.pop_front()) {
        function_outcome outcome;
        outcome.what = function_outcome::kind::error;
        outcome.body = init_error_.empty() ? error_document(type, about(next->request_id, message))
                                           : init_error_;
        next->finish(std::move(outcome));
    }
}

void environment::log_init_error(std::string_view type) {
    log_.line("INIT_REPORT Init Duration: " + milliseconds_text(io::clock::now() - started_) +
              " ms\tPhase: init\tStatus: error\tError Type: " + std::string{type});
}

} // namespace spry::emulator
