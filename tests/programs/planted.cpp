// SPDX-License-Identifier: Apache-2.0
// An echo that does for each event what the variable PLANTED names and a budget forbids; nothing
// where it names none. It proves that the budgets would notice.
#include <spry/spry.hpp>

#include <cstdlib>
#include <new>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace {

// Read once: what is counted is the plant.
const std::string_view planted = [] {
    const char* const variable = std::getenv("PLANTED");
    return std::string_view(variable == nullptr ? "" : variable);
}();

constexpr std::size_t page_bytes = 4096;
alignas(page_bytes) char page[page_bytes];

// What a compiler must not remove.
void use(volatile void* pointer) {
    *static_cast<volatile char*>(pointer) = 1;
}

void plant() {
    if (planted == "new") {
        void* const block = operator new(64);
        use(block);
        operator delete(block);
    } else if (planted == "aligned_new") {
        void* const block = operator new(64, std::align_val_t{64});
        use(block);
        operator delete(block, std::align_val_t{64});
    } else if (planted == "malloc") {
        void* const block = std::malloc(64);
        use(block);
        std::free(block);
    } else if (planted == "mapping") {
        void* const block =
            ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ::munmap(block, page_bytes);
    } else if (planted == "call") {
        (void)::getppid();
    } else if (planted == "fault") {
        ::madvise(page, page_bytes, MADV_DONTNEED);
        use(page);
    } else if (planted == "instructions") {
        for (volatile int left = 200; left != 0; left = left - 1) {
        }
    }
}

spry::response echo(spry::event event) {
    plant();
    return spry::response::json(event.bytes());
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"echo", echo}});
}
