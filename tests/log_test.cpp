// SPDX-License-Identifier: Apache-2.0
// What a record looks like in each form. Where it goes, and whole: log_output_test.cpp.
#include <spry/handler_api/log.hpp>

#include <spry/core/json.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/core/utf8.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/detail/log_settings.hpp>

#include "json_support.hpp"
#include "support/logged.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace {

using spry::log_format;
using spry::log_level;
using spry::log_output;
using spry::logger;
using spry::testing::logged;
using testing::HasSubstr;

constexpr const char* time_pattern = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)";

// What `print` logs, as the invocation id-7 of the tenant blue.
template <class Print>
std::string logged_as(log_format format, Print print) {
    return logged(format, [&](const log_output& output) {
        print(logger{log_level::trace, "id-7", "blue", &output});
    });
}

// A JSON record without its time, which has been checked.
std::string without_time(const std::string& record) {
    const std::regex head{std::string{R"(\{"timestamp":")"} + time_pattern + "\","};
    std::smatch found;
    if (!std::regex_search(record, found, head) || found.position() != 0 ||
        spry::json::find_syntax_error(record) || !record.ends_with("}\n"))
        return "no JSON record: " + record;
    return record.substr(found.length(), record.size() - found.length() - 1);
}

template <class Print>
std::string json_of(Print print) {
    return without_time(logged_as(log_format::json, print));
}

// --- the text form -----------------------------------------------------------------------------

TEST(log, writes_time_and_id_and_level_and_message_as_one_line) {
    const std::string line = logged(log_format::text, [](const log_output& output) {
        logger{log_level::info, "id-7", {}, &output}.info("hello");
    });
    EXPECT_TRUE(
        std::regex_match(line, std::regex{std::string{time_pattern} + R"(\tid-7\tINFO\thello\n)"}))
        << line;
}

TEST(log, writes_fields_behind_the_message) {
    const std::string line = logged_as(log_format::text, [](const logger& log) {
        const std::array<std::string_view, 2> frames{"main", "run"};
        log.warn("m", {{"text", "a b"},
                       {"minus", std::numeric_limits<std::int64_t>::min()},
                       {"size", sizeof(int)},
                       {"most", std::numeric_limits<std::uint64_t>::max()},
                       {"half", 0.5},
                       {"quarter", 0.25f},
                       {"yes", true},
                       {"nothing", static_cast<const char*>(nullptr)},
                       {"frames", frames}});
    });
    EXPECT_THAT(line, HasSubstr("\tid-7\tWARN\tm\ttenantId=blue\ttext=a b"
                                "\tminus=-9223372036854775808\tsize=4\tmost=18446744073709551615"
                                "\thalf=0.5\tquarter=0.25\tyes=true\tnothing=null"
                                "\tframes=main\rrun\n"));
}

TEST(log, keeps_a_text_record_in_one_line_of_utf8) {
    const std::string line = logged_as(log_format::text, [](const logger& log) {
        log.info("two\nlines\xff\xc3\xa9\n", {{"f", "a\nb\xc3"}, {"\xf0\x9f", 1}});
    });
    EXPECT_THAT(line, HasSubstr("\ttwo\rlines\xEF\xBF\xBD\xc3\xa9\r\ttenantId=blue\tf=a\rb"
                                "\xEF\xBF\xBD\t\xEF\xBF\xBD=1\n"));
}

// --- the JSON form -----------------------------------------------------------------------------

TEST(contract_5, a_record_has_the_names_that_the_service_filters_on) {
    EXPECT_EQ(json_of([](const logger& log) { log.info("hello"); }),
              R"("level":"INFO","message":"hello","requestId":"id-7","tenantId":"blue"})");
    const std::string outside = logged(log_format::json, [](const log_output& output) {
        logger{log_level::info, {}, {}, &output}.fatal("no invocation");
    });
    EXPECT_EQ(without_time(outside), R"("level":"FATAL","message":"no invocation"})");
}

TEST(contract_5, a_record_has_each_level_by_its_name) {
    const std::array<std::string_view, 6> names{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        EXPECT_THAT(json_of([i](const logger& log) { log.log(static_cast<log_level>(i), "m"); }),
                    HasSubstr("\"level\":\"" + std::string{names[i]} + "\""));
    }
}

TEST(contract_5, a_failure_has_error_type_and_message_and_a_list_of_frames) {
    const std::array<std::string_view, 2> frames{"shop::order at \"a.cpp\"", "main"};
    EXPECT_EQ(json_of([&](const logger& log) {
                  log.error("failed", {{"errorType", "std::out_of_range"},
                                       {"errorMessage", "too\nfar"},
                                       {"stackTrace", frames}});
              }),
              R"("level":"ERROR","message":"failed","requestId":"id-7","tenantId":"blue",)"
              R"("errorType":"std::out_of_range","errorMessage":"too\nfar",)"
              R"("stackTrace":["shop::order at \"a.cpp\"","main"]})");
}

TEST(log_json, keeps_the_types_of_fields) {
    EXPECT_THAT(json_of([](const logger& log) {
                    log.info("m", {{"text", "a"},
                                   {"minus", std::numeric_limits<std::int64_t>::min()},
                                   {"most", std::numeric_limits<std::uint64_t>::max()},
                                   {"half", 0.5},
                                   {"whole", 3.0},
                                   {"nan", std::numeric_limits<double>::quiet_NaN()},
                                   {"infinite", -std::numeric_limits<double>::infinity()},
                                   {"no", false},
                                   {"nothing", static_cast<const char*>(nullptr)},
                                   {"none", std::span<const std::string_view>{}}});
                }),
                HasSubstr(R"(,"text":"a","minus":-9223372036854775808,)"
                          R"("most":18446744073709551615,"half":0.5,"whole":3,"nan":null,)"
                          R"("infinite":null,"no":false,"nothing":null,"none":[]})"));
}

TEST(log_json, never_has_a_name_twice) {
    EXPECT_EQ(json_of([](const logger& log) {
                  log.info("m", {{"level", 1},
                                 {"a", 1},
                                 {"level_", 2},
                                 {"timestamp", 3},
                                 {"message", 4},
                                 {"requestId", 5},
                                 {"tenantId", 6},
                                 {"a", 2},
                                 {"message", 7}});
              }),
              R"("level":"INFO","message":"m","requestId":"id-7","tenantId":"blue",)"
              R"("level__":1,"level_":2,"timestamp_":3,"requestId_":5,"tenantId_":6,)"
              R"("a":2,"message_":7})");
}

// A record that belongs to no invocation may still be about one.
TEST(log_json, leaves_a_name_to_a_field_that_the_record_does_not_use) {
    const std::string record = logged(log_format::json, [](const log_output& output) {
        logger{log_level::info, {}, {}, &output}.info("m", {{"requestId", "id-1"}});
    });
    EXPECT_EQ(without_time(record), R"("level":"INFO","message":"m","requestId":"id-1"})");
}

struct read_record {
    std::string_view message;
    std::string_view field;
};
SPRY_JSON(read_record, message, field)

TEST(log_json, is_valid_with_every_byte_in_message_and_name_and_field) {
    for (int byte = 0; byte < 256; ++byte) {
        SCOPED_TRACE(byte);
        const std::string text = std::string{"<"} + static_cast<char>(byte) + ">";
        const std::string record = logged_as(log_format::json, [&](const logger& log) {
            log.info(text, {{"field", text}, {text, text}});
        });
        EXPECT_TRUE(spry::utf8::is_valid(record));
        EXPECT_EQ(record.find('\n'), record.size() - 1);
        for (const char character : record.substr(0, record.size() - 1))
            EXPECT_GE(static_cast<unsigned char>(character), 0x20) << record;
        const json_test::padded padded{record};
        spry::json::reader reader;
        const auto read = reader.read<read_record>(padded.text(), *std::pmr::new_delete_resource());
        ASSERT_TRUE(read) << record;
        EXPECT_EQ(read->message, spry::utf8::repaired(text));
        EXPECT_EQ(read->field, spry::utf8::repaired(text));
    }
}

TEST(log_json, is_valid_with_all_bytes_in_a_row) {
    std::string bytes;
    for (int round = 0; round < 3; ++round) {
        for (int byte = 0; byte < 256; ++byte)
            bytes.push_back(static_cast<char>(byte * (2 * round + 1)));
    }
    const std::string record =
        logged_as(log_format::json, [&](const logger& log) { log.info(bytes, {{bytes, bytes}}); });
    EXPECT_TRUE(spry::utf8::is_valid(record));
    EXPECT_EQ(spry::json::find_syntax_error(record), std::nullopt) << record;
}

// --- levels ------------------------------------------------------------------------------------

TEST(log, writes_nothing_below_its_level) {
    const auto lines = [](auto print) {
        const std::string text = logged(log_format::text, [&](const log_output& output) {
            print(logger{log_level::error, {}, {}, &output});
        });
        return std::count(text.begin(), text.end(), '\n');
    };
    EXPECT_EQ(lines([](const logger& log) {
                  log.trace("x");
                  log.debug("x");
                  log.info("x");
                  log.warn("x");
              }),
              0);
    EXPECT_EQ(lines([](const logger& log) {
                  log.error("x");
                  log.fatal("x");
              }),
              2);
}

TEST(log, calls_what_makes_a_record_only_where_its_level_is_on) {
    int calls = 0;
    const std::string line = logged(log_format::text, [&](const log_output& output) {
        const logger log{log_level::debug, {}, {}, &output};
        const auto make = [&](const auto& write) { write("made", {{"calls", ++calls}}); };
        log.trace(make);
        EXPECT_EQ(calls, 0);
        log.debug(make);
        log.info(make);
        log.log(log_level::warn, make);
    });
    EXPECT_EQ(calls, 3);
    EXPECT_THAT(line, HasSubstr("\tDEBUG\tmade\tcalls=1\n"));
    EXPECT_THAT(line, HasSubstr("\tWARN\tmade\tcalls=3\n"));
}

TEST(contract_4_1, level_names_are_read_in_any_case) {
    EXPECT_EQ(spry::parse_log_level("TRACE", log_level::info), log_level::trace);
    EXPECT_EQ(spry::parse_log_level("debug", log_level::info), log_level::debug);
    EXPECT_EQ(spry::parse_log_level("Warn", log_level::info), log_level::warn);
    EXPECT_EQ(spry::parse_log_level("FATAL", log_level::info), log_level::fatal);
    EXPECT_EQ(spry::parse_log_level("", log_level::warn), log_level::warn);
    EXPECT_EQ(spry::parse_log_level("loud", log_level::info), log_level::info);
}

TEST(contract_4_1, the_format_is_read_in_any_case_and_text_unless_it_is_json) {
    const auto format_of = [](std::string_view name) {
        spry::environment variables;
        variables.log_format = name;
        return spry::detail::read_log_settings(variables).output.format;
    };
    for (const std::string_view name : {"JSON", "json", "Json"})
        EXPECT_EQ(format_of(name), log_format::json) << name;
    for (const std::string_view name : {"Text", "TEXT", "", "JSON5", "xml"})
        EXPECT_EQ(format_of(name), log_format::text) << name;
}

TEST(contract_3_1, managed_instances_log_json_whatever_the_variable_says) {
    spry::environment variables;
    variables.log_format = "Text";
    variables.initialization_type = "lambda-managed-instances";
    EXPECT_EQ(spry::detail::read_log_settings(variables).output.format, log_format::json);
    variables.initialization_type = "on-demand";
    EXPECT_EQ(spry::detail::read_log_settings(variables).output.format, log_format::text);
    variables.max_concurrency = 1; // as cargo-lambda has it
    EXPECT_EQ(spry::detail::read_log_settings(variables).output.format, log_format::text);
    variables.max_concurrency = 2;
    EXPECT_EQ(spry::detail::read_log_settings(variables).output.format, log_format::json);
}

} // namespace
