// SPDX-License-Identifier: Apache-2.0
#include <spry/core/assert.hpp>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <unistd.h>

namespace spry::detail {

namespace {

// A fixed buffer: the heap may be what the assertion is about.
class line_buffer {
public:
    void append(std::string_view text) noexcept {
        const std::size_t room = text_.size() - used_;
        const std::size_t length = text.size() < room ? text.size() : room;
        std::memcpy(text_.data() + used_, text.data(), length);
        used_ += length;
    }

    void append(unsigned number) noexcept {
        std::array<char, 10> digits;
        std::size_t first = digits.size();
        do {
            digits[--first] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        append(std::string_view{digits.data() + first, digits.size() - first});
    }

    void write_to_stderr() const noexcept {
        // The process is about to die; there is nobody to tell that the write failed.
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text_.data(), used_);
    }

private:
    std::array<char, 512> text_;
    std::size_t used_ = 0;
};

} // namespace

void assertion_failed(const char* condition, const char* file, unsigned line) noexcept {
    line_buffer message;
    message.append("spry: assertion failed: ");
    message.append(condition);
    message.append(" (");
    message.append(file);
    message.append(":");
    message.append(line);
    message.append(")\n");
    message.write_to_stderr();
    std::abort();
}

} // namespace spry::detail
