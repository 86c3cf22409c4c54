#include "handler.hpp"

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"@NAME@", handle}});
}
