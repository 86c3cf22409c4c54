// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/environment.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/timestamp.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/runtime_api.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/pipe.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

namespace spry::emulator {

namespace {

using cause = function_outcome::cause;

// Milliseconds that an answer of a process that has ended may take to be read: it is all there.
constexpr int last_words_turns_max = 100;

constexpr std::string_view exit_error = "Runtime.ExitError";

http::server_options runtime_api_options(const function_program& of) noexcept {
    http::server_options options;
    // Of each worker the one it has, and the one it has just closed.
    options.connections_max = std::max(options.connections_max, 2 * of.managed_concurrency);
    options.head_bytes_max = http::runtime_api_head_bytes_max;
    // A function takes its time, also between two pieces of a stream; its deadline ends it.
    options.idle_timeout = {};
    options.read_timeout = {};
    return options;
}

api_refusal refused_transition(runtime_state state, runtime_call call) {
    return {403, "InvalidStateTransition", transition_refused(state, call)};
}

api_refusal invoke_timeout() {
    return {410, "InvokeTimeout", "Invoke timeout"};
}

// What stands in front of every message about an invocation.
std::string about(std::string_view request_id, std::string_view message) {
    std::string text = "RequestId: ";
    text += request_id;
    text += " Error: ";
    text += message;
    return text;
}

std::string describe_end(const result<io::exit_status>& ended) {
    return ended ? exit_message(*ended) : "Runtime is lost: " + ended.error().message();
}

// Too little of something this machine has, which says nothing about the function.
bool is_shortage(const std::error_code& error) noexcept {
    return error == std::errc::resource_unavailable_try_again ||
           error == std::errc::not_enough_memory || error == std::errc::too_many_files_open ||
           error == std::errc::too_many_files_open_in_system;
}

// Of a response, whichever way it went; 0 of an error.
std::uint64_t response_bytes(const invocation* to, const function_outcome& outcome) noexcept {
    if (outcome.what != function_outcome::kind::response)
        return 0;
    const bool is_streamed = to != nullptr && to->stream != nullptr;
    return outcome.body.size() + (is_streamed ? to->stream->bytes_written() : 0);
}

environment_end not_started(const std::error_code& error, std::string_view what) {
    environment_end end;
    end.what = environment_end::kind::not_started;
    end.error = error;
    end.message = what;
    end.message += ": ";
    end.message += error.message();
    return end;
}

} // namespace

function_outcome environment_end::outcome_for(std::string_view request_id) const {
    if (what == kind::not_started && is_shortage(error)) {
        function_outcome outcome;
        outcome.what = function_outcome::kind::unavailable;
        outcome.message = message;
        return outcome;
    }
    if (what == kind::not_started)
        return function_outcome::failed(cause::not_started, "Runtime.InvalidEntrypoint",
                                        about(request_id, message));
    if (init_error.empty())
        return function_outcome::failed(cause::init_exited, exit_error, about(request_id, message));
    function_outcome outcome;
    outcome.what = function_outcome::kind::error;
    outcome.why = cause::init_reported;
    outcome.body = init_error;
    return outcome;
}

environment::environment(io::event_loop& loop, const function_program& program,
                         invocation_queue& waiting, log_writer& log,
                         invocation_observer* observer) noexcept
    : loop_(loop),
      program_(program),
      waiting_(waiting),
      log_(log),
      observer_(observer),
      has_deadline_(loop),
      extensions_(program.make_extensions == nullptr
                      ? nullptr
                      : program.make_extensions(loop, program, *this)),
      watcher_(extensions_ ? &extensions_->watcher() : nullptr) {}

void environment::list_processes(std::vector<int>& into) const {
    if (process_ != nullptr)
        into.push_back(process_->pid());
    if (extensions_)
        extensions_->list_processes(into);
}

environment_facts environment::facts() const noexcept {
    using condition = environment_facts::condition;
    environment_facts seen;
    seen.process = process_ == nullptr ? 0 : process_->pid();
    seen.started = started_;
    seen.invocations = taken_;
    if (stopping_ || retired_ || timed_out_ || shutdown_begun_ || init_timed_out_ ||
        init_state_ == runtime_state::init_error)
        seen.is = condition::ending;
    else if (!in_hand_.empty())
        seen.is = condition::busy;
    else if (!initialised_)
        seen.is = condition::starting;
    else
        seen.is = frozen_ ? condition::frozen : condition::idle;
    return seen;
}

task<environment_end> environment::run(phase first, stop_token stop, stop_token at_once) {
    phase_ = first;
    const io::address at = program_.runtime_api.value_or(io::address::loopback_v4(0));
    result<io::listener> back = io::listener::bind(loop_, at);
    if (!back)
        co_return not_started(back.error(), "the Runtime API cannot listen on " + at.to_string());
    result<io::pipe_ends> pipe = io::make_pipe(loop_);
    if (!pipe)
        co_return not_started(pipe.error(), "there is no pipe for the function's output");
    io::child_options options;
    options.program = program_.program;
    options.arguments = program_.arguments;
    options.environment = function_environment(program_, back->local_address());
    options.working_directory = program_.working_directory;
    options.standard_output = pipe->writer.get();
    options.standard_error = pipe->writer.get();
    function_output output{loop_, std::move(pipe->reader), log_,
                           watcher_ == nullptr ? nullptr : &watcher_->of_function_output()};
    output_ = &output;
    runtime_api api{*this};
    http::server server{loop_, std::move(*back), api, runtime_api_options(program_)};
    const auto open = [&] {
        scope_.spawn(output.run(ending_.token()));
        scope_.spawn(serve(&server));
        scope_.spawn(watch_deadlines());
        if (phase_ == phase::init)
            scope_.spawn(limit_init());
    };
    oom_kills_ = oom_kill_count();
    // Measured with the clock itself, here and below: the loop's time stands still while it starts
    // a process, and that process may have asked for its first event within the same turn.
    started_ = io::clock::now();
    if (extensions_) {
        open();
        co_await start_extensions(server.local_address(), stop);
    }

    // Where the extensions have not started, as after a process that was killed.
    result<io::exit_status> ended = io::exit_status{true, SIGKILL, 0};
    std::optional<environment_end> no_process;
    if (may_start()) {
        result<io::child_process> process = io::child_process::start(loop_, options);
        pipe->writer.reset(); // else its end would never come
        if (process) {
            process_ = &*process;
            memory_.watch(process_->pid());
            if (!extensions_)
                open();
            offer();
            ended = co_await end_of_process(stop, at_once);
            process_ = nullptr;
            init_over_.request_stop();
            co_await receive_last_words();
        } else {
            no_process = not_started(process.error(), program_.program);
        }
    }
    pipe->writer.reset();
    init_over_.request_stop();
    // Before the extensions' end, so that they learn of it.
    environment_end end = no_process ? settle_unstarted(std::move(*no_process)) : settle(ended);
    if (extensions_)
        co_await close_down(at_once);
    ending_.request_stop();
    co_await scope_.join();
    output.drain();
    output_ = nullptr;
    co_return end;
}

task<> environment::start_extensions(io::address runtime_api, stop_token stop) {
    starting_ = true;
    watcher_->initialisation_begun(phase_ == phase::invoke);
    if (phase_ == phase::invoke && !is_managed() && !waiting_.empty())
        take(); // its deadline covers their start
    auto end = [this] { start_over_.request_stop(); };
    const stop_callback<decltype(end)> on_stop{stop, end};
    co_await extensions_->start(runtime_api, log_, start_over_.token());
    starting_ = false;
    stopping_ = stop.stop_requested();
    note_failed_extension();
}

bool environment::may_start() const noexcept {
    return !stopping_ && !timed_out_ && !init_timed_out_ && failed_extension() == nullptr;
}

task<> environment::close_down(stop_token at_once) {
    thaw();
    const io::time_point begun = shutdown_begun_.value_or(io::clock::now());
    std::string_view reason = "failure";
    if (stopping_)
        reason = "spindown";
    else if (timed_out_ || init_timed_out_)
        reason = "timeout";
    co_await extensions_->shut_down(reason, begun + extension_shutdown_time, at_once);
}

const extension_failure* environment::failed_extension() const noexcept {
    return extensions_ && extensions_->failure() ? &*extensions_->failure() : nullptr;
}

void environment::note_failed_extension() {
    const extension_failure* const failed = failed_extension();
    if (failed != nullptr && !initialised_)
        init_error_ = error_document(failed->type, failed->message);
}

void environment::extensions_changed() {
    if (process_ == nullptr || shutdown_begun_)
        return; // the start and the end look for themselves
    if (failed_extension() == nullptr) {
        go_on();
        return;
    }
    note_failed_extension();
    end_process();
}

// With a grace, as the extensions have one.
void environment::end_process() {
    shutdown_begun_ = io::clock::now();
    process_->signal_group(SIGTERM);
    thaw();
    scope_.spawn(kill_after(runtime_shutdown_time, ending_.token()));
}

task<result<io::exit_status>> environment::end_of_process(stop_token stop, stop_token at_once) {
    auto leave = [this] { leaving_.request_stop(); };
    const stop_callback<decltype(leave)> on_stop{stop, leave};
    result<io::exit_status> ended = co_await process_->wait(leaving_.token());
    if (ended || ended.error() != make_error_code(errc::cancelled))
        co_return ended;

    stopping_ = true;
    init_over_.request_stop();
    shutdown_begun_ = shutdown_begun_.value_or(io::clock::now());
    process_->signal_group(SIGTERM);
    thaw();
    stop_source has_ended;
    task_scope patience;
    const bool shares_time = extensions_ && extensions_->has_processes();
    patience.spawn(
        kill_after(shares_time ? runtime_shutdown_time : termination_grace, has_ended.token()));
    auto kill = [this] { process_->signal_group(SIGKILL); };
    stop_callback<decltype(kill)> on_at_once{at_once, kill};
    ended = co_await process_->wait();
    has_ended.request_stop();
    co_await patience.join();
    co_return ended;
}

void environment::retire() noexcept {
    retired_ = true;
    leave_if_retired();
}

void environment::leave_if_retired() noexcept {
    if (retired_ && in_hand_.empty())
        leaving_.request_stop();
}

bool environment::is_receiving() const noexcept {
    if (init_state_ == runtime_state::init_error && init_error_.empty())
        return true;
    return std::any_of(in_hand_.begin(), in_hand_.end(), [](const auto& each) {
        return each->state == runtime_state::response ||
               each->state == runtime_state::error_response;
    });
}

// What the process has sent before it ended is still in its sockets: an answer, an init error.
task<> environment::receive_last_words() {
    for (int turn = 0; turn != last_words_turns_max; ++turn) {
        const result<> slept = co_await loop_.sleep_for(std::chrono::milliseconds{1});
        SPRY_ASSERT(slept.has_value());
        if (!is_receiving())
            co_return;
    }
}

task<> environment::kill_after(std::chrono::milliseconds grace, stop_token unless) {
    const result<> slept = co_await loop_.sleep_for(grace, unless);
    if (slept && process_ != nullptr) {
        killed_by_us_ = true;
        process_->signal_group(SIGKILL);
    }
}

task<> environment::serve(http::server* server) {
    const result<> ended = co_await server->run(ending_.token());
    // Without its Runtime API the function would wait for ever.
    if (!ended && process_ != nullptr)
        process_->signal_group(SIGKILL);
}

task<> environment::limit_init() {
    const result<> slept = co_await loop_.sleep_for(program_.init_timeout, init_over_.token());
    if (!slept)
        co_return;
    init_timed_out_ = true;
    start_over_.request_stop();
    if (process_ != nullptr)
        process_->signal_group(SIGKILL);
}

// One timer for all: it is not moved when an invocation ends, since the deadline of the next one
// lies behind it; whoever wakes up too early sleeps again.
task<> environment::watch_deadlines() {
    while (!ending_.stop_requested()) {
        if (in_hand_.empty()) {
            has_deadline_.reset();
            const result<> begun = co_await has_deadline_.wait(ending_.token());
            if (!begun)
                co_return;
        }
        io::time_point next = io::time_point::max();
        for (const auto& each : in_hand_)
            next = std::min(next, each->deadline);
        const result<> slept = co_await loop_.sleep_until(next, ending_.token());
        if (!slept)
            co_return;
        for (std::size_t i = in_hand_.size(); i-- > 0;) { // from the back: expire may erase
            if (in_hand_[i]->deadline <= loop_.now())
                expire(*in_hand_[i]);
        }
        if (timed_out_)
            co_return;
    }
}

void environment::expire(in_hand& late) {
    if (!is_managed()) {
        if ((process_ == nullptr && !starting_) || timed_out_)
            return;
        timed_out_ = true;
        start_over_.request_stop();
        if (process_ != nullptr && extensions_ && extensions_->has_processes())
            end_process();
        else if (process_ != nullptr)
            process_->signal_group(SIGKILL);
        return;
    }
    log_timeout(late);
    const std::string text = "Task timed out after " + seconds_text(program_.timeout) + " seconds";
    if (late_ids_.size() == late_answers_max)
        late_ids_.erase(late_ids_.begin());
    late_ids_.push_back(late.request_id);
    give_outcome(late, function_outcome::failed(cause::timed_out, "Sandbox.Timedout",
                                                about(late.request_id, text)));
    end_invocation(late, "timeout", {});
}

std::size_t environment::free_slots() const noexcept {
    if ((process_ == nullptr && !starting_) || stopping_ || retired_ || timed_out_ ||
        init_timed_out_ || shutdown_begun_ || init_state_ == runtime_state::init_error)
        return 0;
    if (is_managed())
        return init_state_ == runtime_state::started ? program_.managed_concurrency : nexts_.size();
    // One that has answered is about to ask for the next event.
    return in_hand_.empty() || in_hand_.front()->state == runtime_state::response_sent ? 1 : 0;
}

void environment::offer() {
    // What comes while a process ends waits for the next one.
    if (process_ == nullptr || stopping_ || retired_ || timed_out_ || shutdown_begun_)
        return;
    if (phase_ == phase::invoke && init_state_ == runtime_state::started && !is_managed() &&
        in_hand_.empty() && !waiting_.empty())
        take();
    if (extensions_ && !extensions_->is_idle())
        return;
    while (!nexts_.empty() && !waiting_.empty()) {
        if (!is_managed() && !in_hand_.empty())
            return;
        take();
        deliver(*in_hand_.back());
    }
}

void environment::take() {
    const io::time_point now = io::clock::now();
    invocation* const next = waiting_.pop_front();
    auto taken = std::make_unique<in_hand>();
    taken->caller = next;
    taken->request_id = next->request_id;
    taken->begun = now;
    taken->deadline = now + program_.timeout;
    if (!is_managed())
        log_.begin();
    log_start(*taken);
    ++taken_;
    if (observer_ != nullptr)
        observer_->taken(program_, *next, process_ == nullptr ? 0 : process_->pid());
    in_hand_.push_back(std::move(taken));
    has_deadline_.set();
}

void environment::deliver(in_hand& what) {
    SPRY_ASSERT(what.state == runtime_state::ready);
    thaw();
    what.state = runtime_state::running;
    next_call* const to = nexts_.pop_front();
    to->id = what.request_id;
    to->changed.set();
    if (extensions_ && !is_managed())
        extensions_->begin_invocation(*what.caller, deadline_epoch_ms(what.request_id));
}

runtime_state environment::state() const noexcept {
    if (init_state_ != runtime_state::ready || is_managed() || in_hand_.empty())
        return init_state_;
    return in_hand_.front()->state;
}

environment::in_hand* environment::find(std::string_view id) noexcept {
    for (const auto& each : in_hand_) {
        if (each->request_id == id)
            return each.get();
    }
    return nullptr;
}

std::optional<api_refusal> environment::begin_next(next_call& call) {
    const runtime_state before = state();
    const std::optional<runtime_state> after = next_state(before, runtime_call::next);
    if (!after)
        return refused_transition(before, runtime_call::next);
    if (init_state_ == runtime_state::started) {
        init_state_ = runtime_state::ready;
        if (watcher_ != nullptr)
            watcher_->runtime_initialised();
    }

    if (!is_managed()) {
        if (next_call* const older = nexts_.pop_front()) {
            older->superseded = true;
            older->changed.set();
        }
    }
    if (before == runtime_state::running) {
        call.id = in_hand_.front()->request_id;
        call.changed.set();
        return std::nullopt;
    }
    nexts_.push_back(call);
    if (watcher_ != nullptr && before == runtime_state::response_sent) {
        output_->drain(); // what was printed for it stands in front
        watcher_->runtime_done(in_hand_.front()->request_id);
    }
    go_on();
    return std::nullopt;
}

// The runtime waits for an event. Once the extensions do too, what they had is over.
void environment::go_on() {
    if (process_ == nullptr || nexts_.empty() || (extensions_ && !extensions_->is_idle()))
        return;
    end_initialisation();
    if (!is_managed() && !in_hand_.empty() &&
        in_hand_.front()->state == runtime_state::response_sent) {
        if (in_hand_.front()->cut)
            give_cut_outcome(*in_hand_.front());
        end_invocation(*in_hand_.front(), {}, {});
    }
    if (!in_hand_.empty() && in_hand_.front()->state == runtime_state::ready)
        deliver(*in_hand_.front()); // taken while the process initialised
    else
        offer();
    if (in_hand_.empty())
        freeze();
}

void environment::end_initialisation() {
    if (std::exchange(initialised_, true))
        return;
    init_over_.request_stop();
    const auto took = io::clock::now() - started_;
    if (phase_ == phase::init)
        init_duration_ = took;
    if (watcher_ != nullptr)
        watcher_->initialisation_ended({"success", {}, took});
}

void environment::end_next(next_call& call) noexcept {
    if (call.is_linked())
        nexts_.remove(call);
}

void environment::freeze() noexcept {
    if (program_.freeze && !is_managed() && !stopping_ && process_ != nullptr) {
        process_->signal_group(SIGSTOP);
        if (extensions_)
            extensions_->signal(SIGSTOP);
        frozen_ = true;
    }
}

void environment::thaw() noexcept {
    if (!std::exchange(frozen_, false))
        return;
    if (process_ != nullptr)
        process_->signal_group(SIGCONT);
    if (extensions_)
        extensions_->signal(SIGCONT);
}

invocation* environment::delivered(std::string_view id) noexcept {
    const in_hand* const found = find(id);
    return found != nullptr && found->state == runtime_state::running ? found->caller : nullptr;
}

void environment::take_back(std::string_view id) {
    in_hand* const found = find(id);
    if (!is_managed() || found == nullptr || found->state != runtime_state::running)
        return;
    waiting_.push_back(*found->caller);
    std::erase_if(in_hand_, [&](const auto& each) { return each.get() == found; });
    leave_if_retired();
    offer();
}

std::int64_t environment::deadline_epoch_ms(std::string_view id) noexcept {
    const in_hand* const of = find(id);
    SPRY_ASSERT(of != nullptr);
    const auto left = of->deadline - io::clock::now();
    const auto when = std::chrono::system_clock::now().time_since_epoch() + left;
    return std::chrono::duration_cast<std::chrono::milliseconds>(when).count();
}

std::optional<api_refusal> environment::begin_answer(std::string_view id, runtime_call call) {
    if (std::find(late_ids_.begin(), late_ids_.end(), id) != late_ids_.end())
        return invoke_timeout();
    in_hand* const of = find(id);
    // What was answered already counts as unknown: the service has forgotten it.
    if (of == nullptr || of->state == runtime_state::ready ||
        of->state == runtime_state::response_sent)
        return api_refusal{400, "InvalidRequestID", "Invalid request ID"};
    const std::optional<runtime_state> after = next_state(of->state, call);
    if (!after)
        return refused_transition(of->state, call);
    of->state = *after;
    if (watcher_ != nullptr)
        watcher_->answer_begun(id);
    return std::nullopt;
}

invocation* environment::being_answered(std::string_view id) noexcept {
    const in_hand* const found = find(id);
    return found != nullptr && found->state == runtime_state::response ? found->caller : nullptr;
}

void environment::note_piece(std::string_view id, std::span<const std::byte> piece) {
    if (observer_ != nullptr)
        observer_->streamed(id, piece);
}

void environment::abandon_answer(std::string_view id) noexcept {
    if (in_hand* const of = find(id))
        of->state = runtime_state::running;
}

std::optional<api_refusal> environment::cut_answer(std::string_view id) {
    in_hand* const of = find(id);
    if (of == nullptr)
        return invoke_timeout();
    of->state = runtime_state::response_sent;
    of->cut = true;
    scope_.spawn(settle_cut(of->request_id));
    return std::nullopt;
}

task<> environment::settle_cut(std::string id) {
    const result<> slept = co_await loop_.sleep_for(truncation_grace, ending_.token());
    in_hand* const of = find(id);
    if (!slept || of == nullptr || !of->cut || timed_out_)
        co_return; // settled otherwise
    give_cut_outcome(*of);
    if (is_managed())
        end_invocation(*of, {}, {});
}

void environment::give_cut_outcome(in_hand& of) {
    of.cut = false;
    give_outcome(of, function_outcome::failed(cause::truncated, "Runtime.TruncatedResponse",
                                              about(of.request_id, "Response stream broke off")));
}

std::optional<api_refusal> environment::complete_answer(std::string_view id,
                                                        function_outcome outcome) {
    in_hand* const of = find(id);
    if (of == nullptr) // its time was over meanwhile
        return invoke_timeout();
    if (timed_out_) { // it came while the process was being killed
        of->state = runtime_state::running;
        return std::nullopt;
    }
    of->state = runtime_state::response_sent;
    if (watcher_ != nullptr)
        watcher_->answer_ended(id, response_bytes(of->caller, outcome));
    if (is_managed())
        output_->drain(); // what was printed for it stands in front of its END
    give_outcome(*of, std::move(outcome));
    if (is_managed())
        end_invocation(*of, {}, {});
    return std::nullopt;
}

// The caller gets it now, or, where it asks for that, with the end of the invocation.
void environment::give_outcome(in_hand& of, function_outcome outcome) {
    invocation* const caller = of.caller;
    if (caller == nullptr)
        return;
    if (observer_ != nullptr)
        observer_->answered(of.request_id, outcome);
    if (caller->waits_for_end) {
        caller->outcome = std::move(outcome);
    } else {
        of.caller = nullptr;
        caller->finish(std::move(outcome));
    }
}

void environment::end_invocation(in_hand& which, std::string_view status,
                                 std::string_view error_type) {
    output_->drain();
    if (extensions_)
        extensions_->drain_output();
    invocation_report report;
    report.duration = io::clock::now() - which.begun;
    report.init_duration = std::exchange(init_duration_, std::nullopt);
    report.memory_size_mib = program_.memory_size_mib;
    report.max_memory_used_kib = memory_.kib();
    report.status = status;
    report.error_type = error_type;
    std::string text = "END RequestId: " + which.request_id + "\n";
    text += report_line(which.request_id, report);
    log_.line(text);
    if (watcher_ != nullptr)
        watcher_->invocation_ended(which.request_id, report);
    if (observer_ != nullptr)
        observer_->ended(which.request_id, report, log_.tail());
    if (invocation* const caller = which.caller) {
        if (caller->wants_log_tail)
            caller->log_tail = log_.tail().text();
        caller->exited_behind_answer =
            process_ == nullptr && which.state == runtime_state::response_sent;
        caller->finish(std::move(caller->outcome));
    }
    std::erase_if(in_hand_, [&](const auto& each) { return each.get() == &which; });
    leave_if_retired();
}

void environment::log_start(const in_hand& of) {
    log_.line("START RequestId: " + of.request_id + " Version: " + program_.version);
    if (watcher_ != nullptr)
        watcher_->invocation_begun(*of.caller);
}

void environment::log_timeout(const in_hand& of) {
    std::string text{timestamp{std::chrono::system_clock::now()}.text()};
    text += ' ';
    text += of.request_id;
    text += " Task timed out after ";
    text += seconds_text(program_.timeout);
    text += " seconds\n"; // an empty line behind it, as the service has it
    log_.line(text, log_line::failure);
}

std::optional<api_refusal> environment::begin_init_error() {
    const std::optional<runtime_state> after = next_state(state(), runtime_call::init_error);
    if (!after)
        return refused_transition(state(), runtime_call::init_error);
    init_state_ = *after;
    init_over_.request_stop();
    return std::nullopt;
}

void environment::complete_init_error(std::string document) {
    init_error_ = std::move(document);
    scope_.spawn(kill_after(init_error_grace, ending_.token()));
}

// The service tells its log why, and its callers the signal.
std::string_view environment::exit_type(const result<io::exit_status>& ended) const {
    if (const extension_failure* const failed = failed_extension())
        return failed->type;
    if (!ended || !ended->signalled || ended->code != SIGKILL || killed_by_us_)
        return exit_error;
    const std::optional<std::uint64_t> kills = oom_kill_count();
    const bool kernel_did_it = kills && oom_kills_ && *kills > *oom_kills_;
    const bool had_too_much = ended->max_rss_kib >= program_.memory_size_mib * 1024;
    return kernel_did_it || had_too_much ? "Runtime.OutOfMemory" : exit_error;
}

std::string environment::describe(const result<io::exit_status>& ended) const {
    const extension_failure* const failed = failed_extension();
    return failed == nullptr ? describe_end(ended) : failed->message;
}

environment_end environment::settle_unstarted(environment_end end) {
    while (!in_hand_.empty()) { // what was taken before the extensions started
        give_outcome(*in_hand_.back(), end.outcome_for(in_hand_.back()->request_id));
        end_invocation(*in_hand_.back(), "error", {});
    }
    return end;
}

environment_end environment::settle(const result<io::exit_status>& ended) {
    if (ended)
        memory_.note(ended->max_rss_kib);
    environment_end end;
    end.init_error = init_error_;
    end.message = describe(ended);
    const bool in_init = !initialised_;
    if (in_init && !stopping_ && !timed_out_) {
        init_duration_.reset();
        end.what = environment_end::kind::init_failed;
        if (init_timed_out_)
            log_init_report("timeout", {});
        else
            log_init_report("error", init_error_.empty() || failed_extension() != nullptr
                                         ? exit_type(ended)
                                         : "reported");
    } else if (in_hand_.empty() && !stopping_) {
        log_.line("Between invocations: " + end.message, log_line::failure);
    }
    while (!in_hand_.empty())
        settle_one(*in_hand_.back(), ended, in_init ? cause::init_exited : cause::exited);
    return end;
}

void environment::settle_one(in_hand& left, const result<io::exit_status>& ended,
                             function_outcome::cause of_exit) {
    const std::string& id = left.request_id;
    function_outcome outcome;
    std::string_view status = "error";
    std::string_view type;
    if (stopping_) {
        status = {};
    } else if (timed_out_) {
        const std::string text =
            "Task timed out after " + seconds_text(program_.timeout) + " seconds";
        log_timeout(left);
        outcome = function_outcome::failed(cause::timed_out, "Sandbox.Timedout", about(id, text));
        status = "timeout";
    } else if (!init_error_.empty()) {
        outcome.what = function_outcome::kind::error;
        outcome.why = cause::init_reported;
        outcome.body = init_error_;
    } else {
        type = exit_type(ended);
        const std::string_view told = failed_extension() == nullptr ? exit_error : type;
        outcome = function_outcome::failed(of_exit, told, about(id, describe(ended)));
        log_.line(outcome.message + "\n" + std::string{type}, log_line::failure);
    }
    // What was answered in time stands.
    if (left.state != runtime_state::response_sent || left.cut)
        give_outcome(left, std::move(outcome));
    end_invocation(left, status, type);
}

void environment::log_init_report(std::string_view status, std::string_view error_type) {
    const auto took = io::clock::now() - started_;
    std::string text = "INIT_REPORT Init Duration: ";
    text += milliseconds_text(took);
    text += phase_ == phase::init ? " ms\tPhase: init\tStatus: " : " ms\tPhase: invoke\tStatus: ";
    text += status;
    if (!error_type.empty()) {
        text += "\tError Type: ";
        text += error_type;
    }
    log_.line(text, log_line::failure);
    if (watcher_ != nullptr)
        watcher_->initialisation_ended({status, error_type, took});
}

} // namespace spry::emulator
