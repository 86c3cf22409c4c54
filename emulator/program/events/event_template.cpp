// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/events/event_template.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/base64.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/core/timestamp.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/emulator/time_text.hpp>

#include <charconv>
#include <cstddef>
#include <random>

namespace spry::emulator {

namespace {

using seconds = std::chrono::seconds;

class filler {
public:
    explicit filler(const event_origin& origin) : origin_(origin) {}

    std::string fill(std::string_view text) {
        std::string filled;
        while (true) {
            const std::size_t open = text.find('%');
            filled += text.substr(0, open);
            if (open == text.npos)
                return filled;
            const std::size_t close = text.find('%', open + 1);
            SPRY_ASSERT(close != text.npos);
            filled += value(text.substr(open + 1, close - open - 1));
            text.remove_prefix(close + 1);
        }
    }

private:
    std::string value(std::string_view place) {
        const std::size_t colon = place.find(':');
        if (colon != place.npos)
            return value(place.substr(0, colon), place.substr(colon + 1));
        if (place == "time")
            return std::string{timestamp{origin_.now}.text()};
        if (place == "second")
            return second();
        if (place == "ms")
            return since_1970<std::chrono::milliseconds>();
        if (place == "s")
            return since_1970<seconds>();
        if (place == "clf")
            return common_log_time(origin_.now);
        if (place == "uuid")
            return make_request_id();
        if (place == "request")
            return request_;
        if (place == "region")
            return origin_.region;
        if (place == "account")
            return "012345678912"; // as in the functions' ARNs
        return fill(find_fragment(place));
    }

    std::string value(std::string_view kind, std::string_view argument) {
        if (kind == "base64")
            return base64::encode(argument);
        if (kind == "text") {
            const std::string quoted = json::to_string(fill(find_fragment(argument)));
            return quoted.substr(1, quoted.size() - 2);
        }
        std::size_t count = 0;
        std::from_chars(argument.data(), argument.data() + argument.size(), count);
        if (kind == "hex")
            return some_of("0123456789abcdef", count);
        if (kind == "digits") // of a number, too, which begins with no 0
            return some_of("123456789", count);
        SPRY_ASSERT(kind == "id");
        return some_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", count);
    }

    std::string some_of(std::string_view characters, std::size_t count) {
        SPRY_ASSERT(count != 0);
        std::uniform_int_distribution<std::size_t> any{0, characters.size() - 1};
        std::string text;
        for (std::size_t i = 0; i != count; ++i)
            text += characters[any(random_)];
        return text;
    }

    std::string second() const {
        std::string text{timestamp{origin_.now}.text()};
        return text.replace(text.find('.'), text.npos, "Z");
    }

    template <class Unit>
    std::string since_1970() const {
        return std::to_string(
            std::chrono::duration_cast<Unit>(origin_.now.time_since_epoch()).count());
    }

    const event_origin& origin_;
    const std::string request_ = make_request_id();
    std::mt19937 random_{std::random_device{}()};
};

} // namespace

std::string fill_in(std::string_view text, const event_origin& origin) {
    return filler{origin}.fill(text);
}

std::string lay_out(std::string_view json) {
    std::string text;
    std::size_t depth = 0;
    bool in_string = false;
    const auto new_line = [&] {
        text += '\n';
        text.append(depth * 2, ' ');
    };
    for (std::size_t i = 0; i != json.size(); ++i) {
        const char c = json[i];
        if (in_string) {
            text += c;
            if (c == '\\')
                text += json[++i];
            in_string = c != '"';
        } else if (c == '{' || c == '[') {
            text += c;
            const std::size_t next = json.find_first_not_of(" \n", i + 1);
            if (json[next] == '}' || json[next] == ']') {
                text += json[next];
                i = next;
                continue;
            }
            ++depth;
            new_line();
        } else if (c == '}' || c == ']') {
            --depth;
            new_line();
            text += c;
        } else if (c == ',') {
            text += c;
            new_line();
        } else if (c == ':') {
            text += ": ";
        } else if (c != ' ' && c != '\n') {
            text += c;
            in_string = c == '"';
        }
    }
    return text;
}

} // namespace spry::emulator
