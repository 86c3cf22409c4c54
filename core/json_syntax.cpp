// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_syntax.hpp>

#include <spry/core/json_escape.hpp>
#include <spry/core/utf8.hpp>

#include <bitset>

namespace spry::json {

namespace {

bool is_digit(char byte) noexcept {
    return byte >= '0' && byte <= '9';
}

bool is_hex(char byte) noexcept {
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/// Walks the text once, without recursion: the open containers are one bit each.
class checker {
public:
    explicit checker(std::string_view text) noexcept : text_(text) {}

    std::optional<syntax_error> check() noexcept {
        if (text_.starts_with(byte_order_mark))
            at_ = byte_order_mark.size();
        skip_space();
        if (at_end())
            return syntax_error{at_, "the text is empty"};
        if (!document())
            return error_;
        return std::nullopt;
    }

private:
    bool document() noexcept {
        do {
            if (!value())
                return false;
            // Behind a value: what closes, then what continues.
            while (depth_ > 0 && !opened_) {
                skip_space();
                if (at_end())
                    return fail("an array or object is not closed");
                if (peek() == (in_object() ? '}' : ']')) {
                    close();
                    continue;
                }
                if (peek() != ',') {
                    return fail(in_object() ? "expected ',' or '}'" : "expected ',' or ']'");
                }
                ++at_;
                if (in_object() && !key())
                    return false;
                break;
            }
        } while (depth_ > 0);
        skip_space();
        return at_end() || fail("there is more behind the value");
    }

    /// A scalar, or the opening of a container up to its first value (`opened_`).
    bool value() noexcept {
        opened_ = false;
        skip_space();
        if (at_end())
            return fail("expected a value");
        switch (peek()) {
        case '{':
        case '[':
            return open();
        case '"':
            return string();
        case 't':
            return word("true");
        case 'f':
            return word("false");
        case 'n':
            return word("null");
        default:
            return number();
        }
    }

    bool open() noexcept {
        if (depth_ == syntax_depth_max)
            return fail("nested too deeply");
        const bool object = peek() == '{';
        objects_[depth_++] = object;
        ++at_;
        skip_space();
        if (at_end())
            return fail("an array or object is not closed");
        if (peek() == (object ? '}' : ']')) {
            close();
            return true;
        }
        opened_ = true;
        return !object || key();
    }

    void close() noexcept {
        --depth_;
        ++at_;
    }

    bool key() noexcept {
        skip_space();
        if (at_end() || peek() != '"')
            return fail("expected a string as key");
        if (!string())
            return false;
        skip_space();
        if (at_end() || peek() != ':')
            return fail("expected ':'");
        ++at_;
        return true;
    }

    bool string() noexcept {
        const std::size_t quote = at_++;
        while (true) {
            at_ += plain_length(text_.substr(at_));
            if (at_end())
                break;
            const char byte = peek();
            if (byte == '"') {
                ++at_;
                return true;
            }
            if (static_cast<unsigned char>(byte) < 0x20) {
                return fail("a control character in a string");
            }
            if (byte == '\\') {
                if (!escape())
                    return false;
                continue;
            }
            const utf8::sequence character = utf8::front(text_.substr(at_));
            if (!character.valid)
                return fail("not valid UTF-8");
            at_ += character.length;
        }
        at_ = quote;
        return fail("a string is not closed");
    }

    bool escape() noexcept {
        const std::size_t backslash = at_++;
        const char kind = at_end() ? '\0' : text_[at_++];
        if (kind == 'u') {
            for (int digit = 0; digit < 4; ++digit, ++at_) {
                if (at_end() || !is_hex(peek()))
                    return fail("expected four hexadecimal digits");
            }
            return true;
        }
        if (std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos)
            return true;
        at_ = backslash;
        return fail("an unknown escape in a string");
    }

    bool word(std::string_view expected) noexcept {
        if (!text_.substr(at_).starts_with(expected))
            return fail("expected a value");
        at_ += expected.size();
        return true;
    }

    bool number() noexcept {
        const std::size_t start = at_;
        if (peek() == '-')
            ++at_;
        const std::size_t first = at_;
        if (!digits()) {
            at_ = start;
            return fail("expected a value");
        }
        if (text_[first] == '0' && at_ - first > 1) {
            at_ = start;
            return fail("a number with a leading zero");
        }
        if (!at_end() && peek() == '.') {
            ++at_;
            if (!digits())
                return fail("expected a digit");
        }
        if (!at_end() && (peek() == 'e' || peek() == 'E')) {
            ++at_;
            if (!at_end() && (peek() == '+' || peek() == '-'))
                ++at_;
            if (!digits())
                return fail("expected a digit");
        }
        return true;
    }

    bool digits() noexcept {
        const std::size_t start = at_;
        while (!at_end() && is_digit(peek()))
            ++at_;
        return at_ > start;
    }

    void skip_space() noexcept {
        while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
            ++at_;
    }

    bool fail(std::string_view reason) noexcept {
        error_ = {at_, reason};
        return false;
    }

    bool at_end() const noexcept { return at_ == text_.size(); }
    char peek() const noexcept { return text_[at_]; }
    bool in_object() const noexcept { return objects_[depth_ - 1]; }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    bool opened_ = false; ///< the last value opened a container that has a first value
    std::bitset<syntax_depth_max> objects_;
    syntax_error error_{0, {}};
};

} // namespace

std::optional<syntax_error> find_syntax_error(std::string_view text) noexcept {
    return checker(text).check();
}

} // namespace spry::json
