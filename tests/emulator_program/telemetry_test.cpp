// SPDX-License-Identifier: Apache-2.0
// What the Telemetry API tells of an environment's life (runtime contract 7.7).
#include "extension.hpp"
#include "subscriber.hpp"

namespace {

using release::http_answer;
using started::played;
using started::strings;
using started::subscriber;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view all_types = R"(["platform","function","extension"])";
constexpr std::string_view soon = R"(,"buffering":{"timeoutMs":25})";

class emulator_telemetry : public started::emulator_program {
protected:
    emulator_telemetry() { played::add_program(here); }

    // The record of the first event of a type; empty where there is none.
    static std::string record_of(const std::string& events, const std::string& type) {
        const std::string start = "\"type\":\"" + type + "\",\"record\":";
        const std::size_t at = events.find(start);
        if (at == events.npos)
            return {};
        const std::size_t begin = at + start.size();
        return events.substr(begin, events.find("}\n", begin) - begin);
    }
    // Each event on a line of its own.
    static std::string lines(std::string events) {
        for (std::size_t at = 0; (at = events.find(",{\"time\"", at)) != events.npos; ++at)
            events[at] = '\n';
        for (std::size_t at = 0; (at = events.find("}]\n", at)) != events.npos; ++at)
            events.erase(at + 1, 1);
        return events;
    }
    static void expect_order(const std::string& events, const strings& types) {
        std::size_t at = 0;
        for (const std::string& each : types) {
            const std::size_t found = events.find("\"type\":\"" + each + '"', at);
            EXPECT_NE(found, events.npos) << each << " not behind the ones before it in\n"
                                          << events;
            at = found == events.npos ? at : found;
        }
    }
    // An extension that lives for one invocation: until its REPORT the caller has its answer.
    static http_answer invoke_once(const played& local, const std::string& me,
                                   const std::string& event) {
        auto got = local.next_later(me);
        http_answer answer = local.invoke(event);
        EXPECT_THAT(got.get().body, HasSubstr("INVOKE"));
        return answer;
    }

    const started::folder here;
};

constexpr const char* time_form = "\"time\":\"20..-..-..T..:..:..\\....Z\"";

// platform.initStart, .telemetrySubscription, .initRuntimeDone, .extension, .initReport, .start,
// .runtimeDone, .report; function; extension
TEST_F(emulator_telemetry, tells_of_a_whole_life) {
    subscriber other;
    played local(here, {"AWS_LAMBDA_FUNCTION_NAME=cook", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"});
    const std::string me = local.join();
    EXPECT_EQ(local.subscribe(me, other.by_http(all_types, soon)).status, 200);
    auto got = local.next_later(me);
    const http_answer answer =
        local.invoke(R"({"do":"print","n":2})", "X-Amzn-Trace-Id: Root=1-2-3\r\n");
    EXPECT_EQ(got.get().status, 200);
    auto shutdown = local.next_later(me);
    const std::string events = lines(other.events_with("platform.report"));
    EXPECT_THAT(other.last_head(), AllOf(HasSubstr("POST /events HTTP/1.1\r\n"),
                                         HasSubstr("Content-Type: application/json")));
    expect_order(events, {"platform.initStart", "platform.initRuntimeDone", "platform.initReport",
                          "platform.start", "function", "platform.runtimeDone", "platform.report"});
    expect_order(events, {"platform.initStart", "extension", "platform.telemetrySubscription",
                          "platform.extension", "platform.initReport"});
    EXPECT_THAT(events, ContainsRegex(time_form));
    const std::string id = answer.header("x-amzn-requestid");
    const std::string tracing = R"("tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-2-3"})";

    EXPECT_EQ(record_of(events, "platform.initStart"),
              R"({"initializationType":"on-demand","phase":"init","functionName":"cook",)"
              R"("functionVersion":"$LATEST","instanceMaxMemory":134217728})");
    EXPECT_EQ(record_of(events, "platform.telemetrySubscription"),
              R"({"name":"player","state":"Subscribed","types":["platform","function",)"
              R"("extension"]})");
    EXPECT_EQ(record_of(events, "platform.initRuntimeDone"),
              R"({"initializationType":"on-demand","phase":"init","status":"success"})");
    EXPECT_EQ(record_of(events, "platform.extension"),
              R"({"name":"player","state":"Ready","events":["INVOKE","SHUTDOWN"]})");
    EXPECT_THAT(
        record_of(events, "platform.initReport"),
        ContainsRegex("^\\{\"initializationType\":\"on-demand\",\"phase\":\"init\","
                      "\"status\":\"success\",\"metrics\":\\{\"durationMs\":[0-9.]+\\}\\}$"));
    EXPECT_EQ(record_of(events, "platform.start"),
              R"({"requestId":")" + id + R"(","version":"$LATEST",)" + tracing + "}");
    const std::string done = record_of(events, "platform.runtimeDone");
    EXPECT_THAT(done, HasSubstr(R"({"requestId":")" + id + R"(","status":"success",)" + tracing));
    for (const char* name : {"responseLatency", "responseDuration", "runtimeOverhead"})
        EXPECT_THAT(done,
                    ContainsRegex("\\{\"name\":\"" + std::string(name) +
                                  "\",\"start\":\"20[-0-9T:.]+Z\",\"durationMs\":[0-9.]+\\}"));
    EXPECT_THAT(done,
                ContainsRegex("\"metrics\":\\{\"durationMs\":[0-9.]+,\"producedBytes\":9\\}"));
    const std::string report = record_of(events, "platform.report");
    EXPECT_THAT(report, HasSubstr(R"({"requestId":")" + id + R"(","status":"success",)" + tracing));
    EXPECT_THAT(report, HasSubstr(R"("spans":[{"name":"extensionOverhead")"));
    EXPECT_THAT(report,
                ContainsRegex("\"metrics\":\\{\"durationMs\":[0-9.]+,\"billedDurationMs\":[0-9]+,"
                              "\"memorySizeMB\":128,\"maxMemoryUsedMB\":[0-9]+,"
                              "\"initDurationMs\":[0-9.]+\\}"));
    EXPECT_EQ(record_of(events, "function"), "\"line 0\"");
    EXPECT_THAT(events, HasSubstr("\"record\":\"line 1"));
    EXPECT_THAT(record_of(events, "extension"), ContainsRegex("^\"player [0-9]+ at .*;\"$"));
    ::kill(local.pid(), SIGTERM);
    EXPECT_THAT(shutdown.get().body, HasSubstr("SHUTDOWN"));
    ::kill(local.extension_pid(), SIGKILL);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_telemetry, gives_each_one_its_types_only) {
    subscriber platform;
    subscriber function;
    played local(here);
    const std::string inner = played::identity(local.register_as("inner", "{}"));
    const std::string me = local.join("[]");
    EXPECT_EQ(local.subscribe(inner, function.by_http(R"(["function"])", soon)).status, 200);
    EXPECT_EQ(local.subscribe(me, platform.by_http(R"(["platform"])", soon)).status, 200);
    auto one = local.next_later(inner);
    auto other = local.next_later(me);
    EXPECT_EQ(local.invoke(R"({"do":"print","n":1})").status, 200);
    EXPECT_THAT(platform.events_with("platform.report"), Not(HasSubstr("\"function\",\"record\"")));
    EXPECT_THAT(function.events_with("line 0"), Not(HasSubstr("platform.")));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_telemetry, tells_of_a_timeout) {
    subscriber other;
    played local(here, {"AWS_LAMBDA_FUNCTION_TIMEOUT=1"});
    const std::string me = local.join();
    EXPECT_EQ(local.subscribe(me, other.by_http(R"(["platform"])", soon)).status, 200);
    const http_answer answer = invoke_once(local, me, R"({"do":"hang"})");
    EXPECT_THAT(answer.body, HasSubstr("timed out"));
    EXPECT_THAT(local.next(me).body, HasSubstr(R"("shutdownReason":"timeout")"));
    const std::string events = lines(other.events_with("platform.report"));
    EXPECT_THAT(record_of(events, "platform.runtimeDone"), HasSubstr(R"("status":"timeout")"));
    EXPECT_THAT(
        record_of(events, "platform.report"),
        AllOf(HasSubstr(answer.header("x-amzn-requestid")), HasSubstr(R"("status":"timeout")")));
    ::kill(local.extension_pid(), SIGKILL);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_telemetry, tells_of_an_exit_of_the_function) {
    subscriber other;
    played local(here);
    const std::string me = local.join();
    EXPECT_EQ(local.subscribe(me, other.by_http(R"(["platform"])", soon)).status, 200);
    (void)invoke_once(local, me, R"({"do":"exit","n":3})");
    EXPECT_THAT(local.next(me).body, HasSubstr(R"("shutdownReason":"failure")"));
    const std::string events = lines(other.events_with("platform.report"));
    for (const char* type : {"platform.runtimeDone", "platform.report"})
        EXPECT_THAT(record_of(events, type),
                    HasSubstr(R"("status":"error","errorType":"Runtime.ExitError")"));
    ::kill(local.extension_pid(), SIGKILL);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_telemetry, tells_of_an_initialisation_that_fails) {
    subscriber other;
    played local(here, {}, {"init_exit"});
    const std::string inner = played::identity(local.register_as("inner", "{}"));
    EXPECT_EQ(local.subscribe(inner, other.by_http(R"(["platform"])", soon)).status, 200);
    (void)local.join(); // now the function starts, and exits
    const std::string events = lines(other.events_with("platform.initReport"));
    const std::string_view failed =
        R"("phase":"init","status":"error","errorType":"Runtime.ExitError")";
    EXPECT_THAT(record_of(events, "platform.initRuntimeDone"), HasSubstr(failed));
    EXPECT_THAT(record_of(events, "platform.initReport"), HasSubstr(failed));
    ::kill(local.extension_pid(), SIGKILL);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_telemetry, tells_of_extensions_that_fail) {
    subscriber other;
    played local(here);
    const std::string inner = played::identity(local.register_as("inner", "{}"));
    EXPECT_EQ(local.subscribe(inner, other.by_http(R"(["platform"])", soon)).status, 200);
    ::kill(local.extension_pid(), SIGKILL);
    EXPECT_THAT(lines(other.events_with("platform.initReport")),
                HasSubstr(R"({"name":"player","state":"Exited","events":[],)"
                          R"("errorType":"Extension.Crash"})"));
    EXPECT_EQ(local.stop(), 0);

    subscriber another;
    played next(here);
    const std::string me = next.join();
    EXPECT_EQ(next.subscribe(me, another.by_http(R"(["platform"])", soon)).status, 200);
    EXPECT_EQ(next.call("POST", "/exit/error", {},
                        me + "Lambda-Extension-Function-Error-Type: Extension.Full\r\n")
                  .status,
              202);
    EXPECT_THAT(another.events_with("platform.extension"),
                HasSubstr(R"({"name":"player","state":"ExitError","events":["INVOKE","SHUTDOWN"],)"
                          R"("errorType":"Extension.Full"})"));
    ::kill(next.extension_pid(), SIGKILL);
    EXPECT_EQ(next.stop(), 0);
}

TEST_F(emulator_telemetry, tells_of_a_second_subscription) {
    subscriber other;
    subscriber another;
    played local(here);
    const std::string me = local.join();
    EXPECT_EQ(local.subscribe(me, other.by_http(R"(["platform"])", soon)).status, 200);
    EXPECT_EQ(local.subscribe(me, another.by_http(R"(["function"])", soon)).body, "\"OK\"");
    EXPECT_THAT(
        other.events_with("Already"),
        HasSubstr(R"({"name":"player","state":"Already subscribed","types":["function"]})"));
    EXPECT_EQ(another.post_count(), 0U);
    ::kill(local.extension_pid(), SIGKILL);
    EXPECT_EQ(local.stop(), 0);
}

// JSON is JSON where the function logs in it, as the service has it.
TEST_F(emulator_telemetry, gives_json_lines_as_they_are_where_the_log_is_json) {
    for (const bool is_json : {false, true}) {
        subscriber other;
        played local(here, {is_json ? "AWS_LAMBDA_LOG_FORMAT=JSON" : "AWS_LAMBDA_LOG_FORMAT=Text"});
        const std::string me = local.join("[]");
        EXPECT_EQ(local.subscribe(me, other.by_http(R"(["function"])", soon)).status, 200);
        auto got = local.next_later(me);
        (void)local.invoke(R"({"do":"print_event"})");
        (void)local.invoke(R"({"do":"print","n":1})");
        const std::string events = other.events_with("line 0");
        EXPECT_THAT(events, HasSubstr(is_json ? R"("record":{"do":"print_event"}})"
                                              : R"("record":"{\"do\":\"print_event\"}"})"));
        EXPECT_THAT(events, HasSubstr(R"("record":"line 0)"));
        EXPECT_EQ(local.stop(), 0);
    }
}

// Managed Instances have no platform.runtimeDone (contract 7.7).
TEST_F(emulator_telemetry, tells_of_managed_instances) {
    subscriber other;
    played local(here, {"AWS_LAMBDA_MAX_CONCURRENCY=2"}, {"workers", "2"});
    const std::string me = local.join("[]");
    EXPECT_EQ(local.subscribe(me, other.by_http(R"(["platform"])", soon)).status, 200);
    auto got = local.next_later(me);
    auto one = local.invoke_later(R"({"do":"meet","n":2})");
    const http_answer two = local.invoke(R"({"do":"meet","n":2})");
    const std::string events = lines(other.events_with("platform.report", 2));
    EXPECT_THAT(record_of(events, "platform.initStart"),
                HasSubstr(R"("initializationType":"lambda-managed-instances")"));
    for (const http_answer& each : {one.get(), two})
        EXPECT_EQ(subscriber::count(events, "{\"requestId\":\"" + each.header("x-amzn-requestid")),
                  2U);
    EXPECT_THAT(events, Not(HasSubstr("platform.runtimeDone")));
    EXPECT_EQ(local.stop(), 0);
}

// A listener in Python behind an extension in shell, as one would put them into a layer.
constexpr std::string_view shell_subscriber = R"(#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API
id=$(curl -sS -D - -o /dev/null "$api/2020-01-01/extension/register" \
    -H "Lambda-Extension-Name: ${0##*/}" -d '{"events":["INVOKE","SHUTDOWN"]}' |
    sed -n 's/^[Ll]ambda-[Ee]xtension-[Ii]dentifier: *\([^ \r]*\).*/\1/p')
port=$(mktemp -u)
mkfifo "$port"
python3 -c '
import http.server, json, sys
class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        for event in json.loads(body):
            if event["type"] != "extension":
                print("heard", event["type"], json.dumps(event["record"]), flush=True)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("0.0.0.0", 0), Listener)
with open(sys.argv[1], "w") as port:
    print(server.server_port, file=port)
server.serve_forever()' "$port" &
listener=$!
read -r number < "$port"
rm "$port"
curl -sS -X PUT "$api/2022-07-01/telemetry" -H "Lambda-Extension-Identifier: $id" -d '{
    "schemaVersion": "2022-12-13", "types": ["platform", "function", "extension"],
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:'"$number"'"},
    "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25}}'
while event=$(curl -sS "$api/2020-01-01/extension/event/next" \
    -H "Lambda-Extension-Identifier: $id"); do
    case $event in *SHUTDOWN*) kill $listener; wait; exit 0 ;; esac
done
)";

TEST_F(emulator_telemetry, reaches_a_shell_extension_that_runs_unmodified) {
    if (!started::has_curl() || ::access("/usr/bin/python3", X_OK) != 0)
        GTEST_SKIP() << "there is no curl, or no python3";
    const started::folder layer;
    layer.file("listening", shell_subscriber, true);
    started::emulator local({"--extensions", layer.path().string()});
    EXPECT_EQ(local.invoke(R"({"do":"print","n":1})").body, "\"printed\"");
    local.log_with("heard platform.report");
    EXPECT_EQ(local.stop(), 0);
    const std::string& log = local.log();
    for (const char* type :
         {"platform.initStart", "platform.telemetrySubscription", "platform.initRuntimeDone",
          "platform.extension", "platform.initReport", "platform.start", "platform.runtimeDone"})
        EXPECT_THAT(log, HasSubstr("heard " + std::string(type)));
    EXPECT_THAT(log, HasSubstr("heard function \"line 0"));
}

} // namespace
