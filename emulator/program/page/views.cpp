// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/page/views.hpp>

#include <spry/core/timestamp.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/program/events/sample_events.hpp>
#include <spry/emulator/program/page/assets.hpp>
#include <spry/emulator/program/page/html.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace spry::emulator {

namespace {

using std::chrono::nanoseconds;
using kind = function_outcome::kind;
using cause = function_outcome::cause;

// Of a chart's and a bar's own units.
constexpr std::int64_t chart_height = 100;
constexpr std::int64_t bar_width = 1000;

void append(std::string& to, std::initializer_list<std::string_view> parts) {
    for (const std::string_view each : parts)
        to += each;
}

// "12:00:00"; all of the time is in the title.
std::string time_html(std::chrono::system_clock::time_point when) {
    const timestamp text{when};
    std::string html = "<time datetime=\"";
    append(html,
           {text.text(), "\" title=\"", text.text(), "\">", text.text().substr(11, 8), "</time>"});
    return html;
}

std::string size_text(std::uint64_t bytes) {
    if (bytes < 1024)
        return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
    const bool is_small = bytes < 1024 * 1024;
    const std::uint64_t tenths = bytes * 10 / (is_small ? 1024 : 1024 * 1024);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
           (is_small ? " KiB" : " MiB");
}

nanoseconds running_time(const recorded_invocation& of, io::time_point now) {
    if (of.duration)
        return *of.duration;
    return of.is_over ? nanoseconds{} : std::max<nanoseconds>(now - of.begun, {});
}

struct outcome_words {
    std::string_view mark; // the style's class
    std::string text;
};

outcome_words words_of_error(const recorded_invocation& of) {
    if (of.cause == cause::timed_out)
        return {"bad", "timed out"};
    return {"bad", of.error_type.empty() ? "error" : of.error_type};
}

outcome_words words_of(const recorded_invocation& of) {
    if (!of.outcome)
        return of.is_over ? outcome_words{"bad", "no answer"} : outcome_words{"busy", "running"};
    switch (*of.outcome) {
    case kind::response:
        return of.is_over ? outcome_words{"good", "ok"} : outcome_words{"busy", "answered"};
    case kind::error:
        return words_of_error(of);
    case kind::unavailable:
        return {"bad", "no environment"};
    case kind::expired:
        return {"bad", "waited too long"};
    case kind::stopped:
        break;
    }
    return {"bad", "stopped"};
}

std::string mark_html(const outcome_words& words) {
    std::string html = "<span class=\"mark ";
    append(html, {words.mark, "\">", html_text(words.text), "</span>"});
    return html;
}

std::string_view fill_of(const recorded_invocation& of) {
    const std::string_view mark = words_of(of).mark;
    if (mark == "bad")
        return "failed";
    return mark == "busy" ? "runs" : "ran";
}

void append_rectangle(std::string& to, std::string_view fill, std::int64_t x, std::int64_t y,
                      std::int64_t width, std::int64_t height) {
    append(to,
           {"<rect class=\"", fill, "\" x=\"", std::to_string(x), "\" y=\"", std::to_string(y),
            "\" width=\"", std::to_string(width), "\" height=\"", std::to_string(height), "\"/>"});
}

// What it has waited and how long it has run, on a scale that ends with `whole`.
std::string bar_html(const recorded_invocation& of, nanoseconds whole, io::time_point now) {
    const nanoseconds ran = running_time(of, now);
    const auto scaled = [whole](nanoseconds part) -> std::int64_t {
        return whole.count() <= 0 ? 0 : part.count() * bar_width / whole.count();
    };
    std::string html = "<svg viewBox=\"0 0 ";
    append(html, {std::to_string(bar_width),
                  " 10\" preserveAspectRatio=\"none\" role=\"img\" "
                  "aria-label=\"waited ",
                  duration_text(of.waited), ", ran ", duration_text(ran), "\">"});
    const std::int64_t wait = std::min(scaled(of.waited), bar_width - 8);
    append_rectangle(html, "waited", 0, 0, wait, 10);
    append_rectangle(html, fill_of(of), wait, 0, std::max<std::int64_t>(scaled(ran), 8), 10);
    return html + "</svg>";
}

// A column for each invocation, the oldest first.
std::string chart_html(const invocation_record& record, io::time_point now) {
    nanoseconds longest{1};
    for (const recorded_invocation& each : record.all())
        longest = std::max(longest, running_time(each, now));
    std::string html = "<div class=\"chart\"><svg viewBox=\"0 0 ";
    append(html,
           {std::to_string(recorded_invocations_max * 10), " ", std::to_string(chart_height),
            "\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"durations of the last ",
            std::to_string(record.all().size()), " invocations\">"});
    std::int64_t x = static_cast<std::int64_t>(recorded_invocations_max - record.all().size()) * 10;
    for (const recorded_invocation& each : record.all()) {
        const std::int64_t height = std::max<std::int64_t>(
            running_time(each, now).count() * chart_height / longest.count(), 4);
        append_rectangle(html, fill_of(each), x + 1, chart_height - height, 8, height);
        x += 10;
    }
    append(html, {"</svg></div><p class=\"legend soft\"><span>Durations, the newest right</span>"
                  "<span>longest ",
                  duration_text(longest), "</span></p>"});
    return html;
}

std::string page_html(const page_frame& frame, std::string_view title, std::string_view state,
                      std::string_view main) {
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n<title>";
    append(html, {html_text(title), "</title>\n<style nonce=\"", frame.nonce, "\">", page_style,
                  "</style>\n</head>\n<body data-version=\"", std::to_string(frame.version),
                  "\">\n<header><h1><a href=\"", frame.home, "\">spry-emulator</a></h1>", state,
                  "</header>\n<main>\n", main, "</main>\n<script nonce=\"", frame.nonce, "\">",
                  page_script, "</script>\n</body>\n</html>\n"});
    return html;
}

// What the script says about itself, and the way without it.
std::string state_html(std::string_view refresh) {
    std::string html = "<p id=\"state\" role=\"status\"></p><p class=\"refresh\"><a href=\"";
    append(html, {refresh, "\">Refresh</a></p>"});
    return html;
}

std::string_view name_of(environment_facts::condition is) {
    switch (is) {
    case environment_facts::condition::starting:
        return "starting";
    case environment_facts::condition::idle:
        return "idle";
    case environment_facts::condition::busy:
        return "busy";
    case environment_facts::condition::frozen:
        return "frozen";
    case environment_facts::condition::ending:
        break;
    }
    return "ending";
}

std::string environments_html(const std::vector<environment_facts>& all, io::time_point now) {
    if (all.empty())
        return "<p class=\"empty\">No process: one starts with the next event.</p>";
    std::string html =
        "<table><thead><tr><th scope=\"col\">State</th><th scope=\"col\">Process</th>"
        "<th scope=\"col\">Age</th><th scope=\"col\" class=\"right\">Invocations</th>"
        "</tr></thead><tbody>";
    for (const environment_facts& each : all) {
        using condition = environment_facts::condition;
        const bool is_busy = each.is == condition::busy || each.is == condition::starting;
        const outcome_words words{is_busy                      ? "busy"
                                  : each.is == condition::idle ? "good"
                                                               : "",
                                  std::string{name_of(each.is)}};
        const std::string process = each.process == 0 ? "none" : std::to_string(each.process);
        append(html, {"<tr><td>", mark_html(words), "</td><td>", process, "</td><td>",
                      duration_text(std::max<nanoseconds>(now - each.started, {})),
                      "</td><td class=\"right\">", std::to_string(each.invocations), "</td></tr>"});
    }
    return html + "</tbody></table>";
}

std::string queue_text(dispatcher& of, io::time_point now) {
    if (of.waiting() == 0)
        return "nothing waits";
    const nanoseconds since = std::max<nanoseconds>(now - of.waiting_since(), {});
    return std::to_string(of.waiting()) + (of.waiting() == 1 ? " waits" : " wait") +
           ", the first for " + duration_text(since);
}

std::string functions_html(const function_table& functions, io::time_point now) {
    std::string html = "<section class=\"card\" aria-labelledby=\"functions-title\">"
                       "<h2 id=\"functions-title\">Functions</h2>"
                       "<div id=\"functions\" data-live>";
    for (const auto& each : functions.all()) {
        const function_program& program = each->program();
        append(html,
               {"<div class=\"function\"><h3>", html_text(program.name),
                "</h3><p class=\"soft\">Timeout ", seconds_text(program.timeout), " s, ",
                std::to_string(program.memory_size_mib), " MB. Queue: ", queue_text(*each, now),
                ".</p>", environments_html(each->environments(), now), "</div>"});
    }
    return html + "</div></section>\n";
}

std::string row_html(const recorded_invocation& of, nanoseconds longest, io::time_point now) {
    const std::string number = std::to_string(of.number);
    const std::string memory = of.max_memory_used_kib
                                   ? std::to_string((*of.max_memory_used_kib + 1023) / 1024) + " MB"
                                   : "";
    std::string html = "<tr><td><a id=\"i";
    append(html, {number, "\" href=\"", invocations_path, number, "\">", time_html(of.started),
                  "</a></td><td class=\"wide\">", html_text(of.function), "</td><td class=\"cut\">",
                  mark_html(words_of(of)), "</td><td class=\"bar\">", bar_html(of, longest, now),
                  "</td><td class=\"right\">", duration_text(running_time(of, now)),
                  "</td><td class=\"right wide\">", memory, "</td></tr>"});
    return html;
}

std::string last_html(const invocation_record& record, io::time_point now) {
    std::string html = "<section class=\"card\" aria-labelledby=\"invocations-title\">"
                       "<h2 id=\"invocations-title\">Last invocations</h2>"
                       "<div id=\"invocations\" data-live>";
    if (record.all().empty())
        return html + "<p class=\"empty\">None yet: send an event.</p></div></section>\n";
    nanoseconds longest{1};
    for (const recorded_invocation& each : record.all())
        longest = std::max(longest, each.waited + running_time(each, now));
    append(html,
           {chart_html(record, now),
            "<table><thead><tr><th scope=\"col\">Started</th><th scope=\"col\" class=\"wide\">"
            "Function</th><th scope=\"col\">Outcome</th><th scope=\"col\" class=\"bar\">Waited, "
            "ran</th>"
            "<th scope=\"col\" class=\"right\">Duration</th>"
            "<th scope=\"col\" class=\"right wide\">Memory</th></tr></thead><tbody>"});
    for (auto each = record.all().rbegin(); each != record.all().rend(); ++each)
        html += row_html(*each, longest, now);
    return html + "</tbody></table></div></section>\n";
}

void append_option(std::string& to, std::string_view value, std::string_view text,
                   std::string_view chosen) {
    append(to, {"<option value=\"", html_text(value), "\"", value == chosen ? " selected" : "", ">",
                html_text(text), "</option>"});
}

std::string fill_form_html(const page_frame& frame, const form_content& form) {
    std::string html = "<form id=\"fill\" method=\"get\" action=\"";
    append(html, {frame.home, "\"><label for=\"sample\">Sample event</label><div class=\"row\">"
                              "<select id=\"sample\" name=\"sample\">"});
    append_option(html, "", "none", form.sample);
    for (const sample_event& each : sample_events())
        append_option(html, each.name, std::string{each.name} + ": " + std::string{each.about},
                      form.sample);
    return html + "</select><button>Fill in</button></div></form>";
}

std::string send_form_html(const function_table& functions, const form_content& form,
                           std::string_view token) {
    std::string html = "<form id=\"send\" method=\"post\" action=\"";
    append(html, {send_path, "\"><input type=\"hidden\" name=\"token\" value=\"", token,
                  "\"><div class=\"field\"><label for=\"function\">Function</label>"
                  "<select id=\"function\" name=\"function\">"});
    for (const auto& each : functions.all())
        append_option(html, each->program().name, each->program().name, form.function);
    append(html,
           {"</select></div><div class=\"field\"><label for=\"event\">Event, as JSON</label>"
            // A line feed directly behind the tag is no part of the text.
            "<textarea id=\"event\" name=\"event\" spellcheck=\"false\">\n",
            html_text(form.event), "</textarea></div><button class=\"main\">Send</button></form>"});
    return html;
}

std::string forms_html(const page_frame& frame, const function_table& functions,
                       const form_content& form, std::string_view token) {
    std::string html = "<section class=\"card\" aria-labelledby=\"send-title\">"
                       "<h2 id=\"send-title\">Send an event</h2>";
    if (!form.problem.empty())
        append(html, {"<div id=\"problem\"><p class=\"problem\" role=\"alert\">",
                      html_text(form.problem), "</p></div>"});
    append(html, {fill_form_html(frame, form), send_form_html(functions, form, token),
                  "<div id=\"result\" role=\"region\" aria-live=\"polite\" "
                  "aria-label=\"Result\"></div></section>\n"});
    return html;
}

void append_fact(std::string& to, std::string_view name, std::string_view value) {
    if (!value.empty())
        append(to, {"<div><dt>", name, "</dt><dd>", html_text(value), "</dd></div>"});
}

std::string facts_html(const recorded_invocation& of, io::time_point now) {
    std::string html = "<dl>";
    append(html,
           {"<div><dt>Outcome</dt><dd>", mark_html(words_of(of)),
            "</dd></div><div><dt>Started (UTC)</dt><dd>", time_html(of.started), "</dd></div>"});
    append_fact(html, "Function", of.function);
    append_fact(html, "Waited", duration_text(of.waited));
    append_fact(html, of.is_over ? "Duration" : "Runs for", duration_text(running_time(of, now)));
    if (of.duration)
        append_fact(html, "Billed",
                    std::to_string((of.duration->count() + 999'999) / 1'000'000) + " ms");
    if (of.init_duration)
        append_fact(html, "Initialisation", duration_text(*of.init_duration));
    if (of.max_memory_used_kib)
        append_fact(html, "Memory",
                    std::to_string((*of.max_memory_used_kib + 1023) / 1024) + " of " +
                        std::to_string(of.memory_size_mib) + " MB");
    if (of.process != 0)
        append_fact(html, "Process", std::to_string(of.process));
    append(html, {"<div class=\"whole\"><dt>Request id</dt><dd>", html_text(of.request_id),
                  "</dd></div></dl>"});
    return html;
}

void append_text(std::string& to, std::string_view title, const recorded_text& what) {
    append(to, {"<h3>", title, ", ", size_text(what.size)});
    if (!what.is_whole())
        append(to, {" (here the first ", size_text(what.text.size()), ")"});
    if (what.text.empty())
        append(to, {"</h3><p class=\"empty\">None.</p>"});
    else
        append(to, {"</h3><pre tabindex=\"0\">\n", html_text(what.text), "</pre>"});
}

} // namespace

std::string duration_text(nanoseconds duration) {
    using namespace std::chrono_literals;
    if (duration < 1s) // two decimals, as in a REPORT line
        return milliseconds_text(duration) + " ms";
    if (duration < 1min)
        return seconds_text(duration) + " s";
    const auto minutes = duration / 1min;
    if (minutes < 60)
        return std::to_string(minutes) + " min " + std::to_string(duration % 1min / 1s) + " s";
    return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string status_page_html(const page_frame& frame, const function_table& functions,
                             const invocation_record& record, const form_content& form,
                             std::string_view token, io::time_point now) {
    std::string main = "<div class=\"columns\"><div class=\"stack\">";
    append(main, {forms_html(frame, functions, form, token), functions_html(functions, now),
                  "</div><div class=\"stack\">", last_html(record, now), "</div></div>\n"});
    return page_html(frame, "spry-emulator", state_html(frame.home), main);
}

std::string invocation_html(const page_frame& frame, const recorded_invocation& of,
                            io::time_point now) {
    const std::string number = std::to_string(of.number);
    std::string main = "<section class=\"card\"><h2>Invocation ";
    append(main, {number, "</h2><div id=\"invocation\" data-live>", facts_html(of, now),
                  "<div class=\"large\">", bar_html(of, of.waited + running_time(of, now), now),
                  "</div>"});
    append_text(main, "Answer", of.answer);
    append_text(main, "Log", {of.log, of.log.size()});
    append_text(main, "Event", of.event);
    append(main, {"</div><p class=\"links\">"});
    if (of.event.is_whole())
        append(main,
               {"<a href=\"", frame.home, "?again=", number, "\">Send this event again</a>, or "});
    append(main, {"go <a href=\"", frame.home, "\">back</a>.</p></section>\n"});
    return page_html(frame, "Invocation " + number + " - spry-emulator",
                     state_html(std::string{invocations_path} + number), main);
}

std::string refusal_html(const page_frame& frame, std::string_view title, std::string_view why) {
    std::string main = "<section class=\"card\"><h2>";
    append(main, {html_text(title), "</h2><p class=\"problem\">", html_text(why),
                  "</p><p class=\"empty\"><a href=\"", frame.home,
                  "\">To the status page</a></p></section>\n"});
    return page_html(frame, title, {}, main);
}

} // namespace spry::emulator
