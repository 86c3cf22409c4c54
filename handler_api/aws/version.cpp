// SPDX-License-Identifier: Apache-2.0
#include <aws/lambda-runtime/version.h>

#include <spry/handler_api/version.hpp>

#include <string_view>

namespace aws::lambda_runtime {

namespace {

// The number behind so many dots.
constexpr unsigned part(std::string_view text, int dots) {
    for (; dots != 0; --dots)
        text.remove_prefix(text.find('.') + 1);
    unsigned number = 0;
    for (; !text.empty() && text.front() != '.'; text.remove_prefix(1))
        number = number * 10 + static_cast<unsigned>(text.front() - '0');
    return number;
}

} // namespace

unsigned get_version_major() {
    return part(spry::version, 0);
}
unsigned get_version_minor() {
    return part(spry::version, 1);
}
unsigned get_version_patch() {
    return part(spry::version, 2);
}
const char* get_version() {
    return spry::version.data(); // of a literal, so there is a NUL behind it
}

} // namespace aws::lambda_runtime
