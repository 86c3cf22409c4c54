// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/function_program.hpp>

#include <cstddef>
#include <utility>

namespace spry::emulator {

namespace {

bool names(std::string_view entry, std::string_view name) noexcept {
    return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
}

} // namespace

std::string_view find_variable(const std::vector<std::string>& environment, std::string_view name) {
    for (const std::string& entry : environment) {
        if (names(entry, name))
            return std::string_view{entry}.substr(name.size() + 1);
    }
    return {};
}

void set_variable(std::vector<std::string>& environment, std::string_view name,
                  std::string_view value) {
    std::string entry{name};
    entry += '=';
    entry += value;
    for (std::string& present : environment) {
        if (names(present, name)) {
            present = std::move(entry);
            return;
        }
    }
    environment.push_back(std::move(entry));
}

std::vector<std::string> function_environment(const function_program& of,
                                              const io::address& runtime_api) {
    struct setting {
        std::string_view name;
        std::string_view value;
    };
    const std::string memory_size = std::to_string(of.memory_size_mib);
    const setting defaults[] = {
        {"AWS_LAMBDA_FUNCTION_NAME", of.name},
        {"AWS_LAMBDA_FUNCTION_VERSION", of.version},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_size},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/Functions"},
        {"AWS_LAMBDA_LOG_STREAM_NAME", "$LATEST"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE",
         of.managed_concurrency == 0 ? "on-demand" : "lambda-managed-instances"},
    };
    std::vector<std::string> environment = of.environment;
    for (const setting& each : defaults) {
        if (find_variable(environment, each.name).empty())
            set_variable(environment, each.name, each.value);
    }
    const std::string_view handler = find_variable(environment, "AWS_LAMBDA_FUNCTION_HANDLER");
    if (!handler.empty())
        set_variable(environment, "_HANDLER", std::string{handler});
    set_variable(environment, "AWS_LAMBDA_RUNTIME_API", runtime_api.to_string());
    return environment;
}

std::string function_arn(const function_program& of) {
    std::string_view region = find_variable(of.environment, "AWS_REGION");
    if (region.empty())
        region = find_variable(of.environment, "AWS_DEFAULT_REGION");
    if (region.empty())
        region = "us-east-1";
    std::string arn = "arn:aws:lambda:";
    arn += region;
    arn += ":012345678912:function:";
    arn += of.name;
    return arn;
}

} // namespace spry::emulator
