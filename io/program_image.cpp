// SPDX-License-Identifier: Apache-2.0
#include <spry/io/program_image.hpp>

#include <cstring>

#include <elf.h>
#include <link.h>

namespace spry::io {

namespace {

struct image {
    std::uintptr_t bias = 0;
    std::span<const std::byte> build_id;
};

std::size_t aligned(std::size_t size) noexcept {
    return (size + 3) & ~std::size_t{3};
}

std::span<const std::byte> build_id_in(const std::byte* note, std::size_t size) noexcept {
    constexpr char owner[] = "GNU";
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        std::memcpy(&head, note, sizeof head);
        const std::byte* const name = note + sizeof head;
        const std::size_t whole = sizeof head + aligned(head.n_namesz) + aligned(head.n_descsz);
        if (whole > size)
            return {};
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof owner &&
            std::memcmp(name, owner, sizeof owner) == 0)
            return {name + aligned(head.n_namesz), head.n_descsz};
        note += whole;
        size -= whole;
    }
    return {};
}

// The program itself comes first.
int visit(dl_phdr_info* about, std::size_t, void* argument) {
    image& found = *static_cast<image*>(argument);
    found.bias = about->dlpi_addr;
    for (int i = 0; i < about->dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = about->dlpi_phdr[i];
        if (part.p_type == PT_NOTE && found.build_id.empty()) {
            const auto* const note =
                reinterpret_cast<const std::byte*>(about->dlpi_addr + part.p_vaddr);
            found.build_id = build_id_in(note, part.p_memsz);
        }
    }
    return 1;
}

image look() noexcept {
    image found;
    ::dl_iterate_phdr(visit, &found);
    return found;
}

} // namespace

std::uintptr_t link_address(const void* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address) - look().bias;
}

std::span<const std::byte> build_id() noexcept {
    return look().build_id;
}

} // namespace spry::io
