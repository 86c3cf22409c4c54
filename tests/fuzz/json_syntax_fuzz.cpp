// SPDX-License-Identifier: Apache-2.0
// The syntax check against a second opinion: a checker of a few lines, straight from the grammar of
// RFC 8259, which accepts exactly the same texts. The place that is named is not behind the first
// byte that cannot be, and up to there the text could have gone on.
#include "support/input.hpp"

#include <spry/core/assert.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/core/utf8.hpp>

#include <optional>
#include <string>

namespace {

using namespace spry;

class grammar {
public:
    explicit grammar(std::string_view text) noexcept : size_(text.size()), rest_(text) {}

    bool matches() {
        if (rest_.starts_with("\xEF\xBB\xBF"))
            rest_.remove_prefix(3);
        return value(0) && rest_.empty();
    }

    /// How far it came.
    std::size_t position() const noexcept { return size_ - rest_.size(); }

private:
    bool take(std::string_view token) {
        if (!rest_.starts_with(token))
            return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    void blanks() {
        const std::size_t end = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(end == rest_.npos ? rest_.size() : end);
    }
    std::size_t digits() {
        const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        rest_.remove_prefix(end);
        return end;
    }

    bool value(std::size_t depth) {
        blanks();
        const bool matched = take("null") || take("true") || take("false") ||
                             (rest_.starts_with('"')   ? string()
                              : rest_.starts_with('{') ? list(depth + 1, '}')
                              : rest_.starts_with('[') ? list(depth + 1, ']')
                                                       : number());
        blanks();
        return matched;
    }

    bool list(std::size_t depth, char end) {
        rest_.remove_prefix(1);
        blanks();
        if (depth > json::syntax_depth_max)
            return false;
        if (take({&end, 1}))
            return true;
        do {
            blanks();
            if (end == '}') {
                if (!string())
                    return false;
                blanks();
                if (!take(":"))
                    return false;
            }
            if (!value(depth))
                return false;
        } while (take(","));
        return take({&end, 1});
    }

    bool number() {
        take("-");
        if (!take("0") && digits() == 0)
            return false;
        if (take(".") && digits() == 0)
            return false;
        if (take("e") || take("E")) {
            if (!take("+"))
                take("-");
            return digits() > 0;
        }
        return true;
    }

    bool string() {
        if (!take("\""))
            return false;
        while (!take("\"")) {
            if (rest_.empty())
                return false;
            if (take("\\u")) {
                for (int i = 0; i != 4; ++i) {
                    if (rest_.find_first_of("0123456789abcdefABCDEF") != 0)
                        return false;
                    rest_.remove_prefix(1);
                }
            } else if (take("\\")) {
                if (rest_.find_first_of("\"\\/bfnrt") != 0)
                    return false;
                rest_.remove_prefix(1);
            } else {
                const utf8::sequence next = utf8::front(rest_);
                if (!next.valid || static_cast<unsigned char>(rest_.front()) < 0x20)
                    return false;
                rest_.remove_prefix(next.length);
            }
        }
        return true;
    }

    std::size_t size_;
    std::string_view rest_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::optional<json::syntax_error> error = json::find_syntax_error(text);
    grammar second{text};
    SPRY_ASSERT(second.matches() != error.has_value());
    if (!error)
        return 0;
    SPRY_ASSERT(!error->reason.empty());
    SPRY_ASSERT(error->byte <= second.position());
    const std::string_view good = text.substr(0, error->byte);
    grammar front{good};
    SPRY_ASSERT(front.matches() || front.position() == good.size());
    return 0;
}
