#include "handler.hpp"

greeting handle(person someone, spry::context& context) {
    context.log().info("greeting", {{"name", someone.name}});
    return greeting{std::string{someone.name}};
}
