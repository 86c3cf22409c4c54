// SPDX-License-Identifier: Apache-2.0
// A function whose initialisation fails in the way that the variable FAILING_INIT names, and works
// where it names none.
#include <spry/spry.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace {

struct database_missing : std::runtime_error {
    using std::runtime_error::runtime_error;
};

spry::task<> connect_to_database() {
    const char* const variable = std::getenv("FAILING_INIT");
    const std::string_view how = variable == nullptr ? "" : variable;
    if (how == "throw")
        throw database_missing{"no database at db.example:5432"};
    if (how == "throw_int")
        throw 42;
    if (how == "exit")
        std::exit(3);
    co_return;
}

spry::response answer(spry::event) {
    return spry::response::json(R"("initialised")");
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"answer", answer}}, {.init = connect_to_database});
}
