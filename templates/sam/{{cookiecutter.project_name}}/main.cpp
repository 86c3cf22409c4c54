// Both functions of template.yaml are this program: in an image, and as `bootstrap` in a zip.
#include "greet.hpp"

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"greet", greet}});
}
