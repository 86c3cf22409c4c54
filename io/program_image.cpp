// SPDX-License-Identifier: Apache-2.0
#include <spry/io/program_image.hpp>

#include <cstring>

#include <elf.h>
#include <link.h>

// Put there by the linker: the program's own ELF header.
extern const char elf_header[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

namespace spry::io {

namespace {

const ElfW(Ehdr) & header() noexcept {
    return *reinterpret_cast<const ElfW(Ehdr)*>(elf_header);
}

std::span<const ElfW(Phdr)> segments() noexcept {
    return {reinterpret_cast<const ElfW(Phdr)*>(elf_header + header().e_phoff), header().e_phnum};
}

// A position-independent program is linked at 0.
std::uintptr_t load_offset() noexcept {
    return header().e_type == ET_DYN ? reinterpret_cast<std::uintptr_t>(elf_header) : 0;
}

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

} // namespace

std::uintptr_t link_address(const void* address) noexcept {
    const auto here = reinterpret_cast<std::uintptr_t>(address);
    const std::uintptr_t linked = here - load_offset();
    for (const ElfW(Phdr) & each : segments()) {
        if (each.p_type == PT_LOAD && linked - each.p_vaddr < each.p_memsz)
            return linked;
    }
    return here;
}

std::span<const std::byte> build_id() noexcept {
    for (const ElfW(Phdr) & each : segments()) {
        if (each.p_type != PT_NOTE)
            continue;
        const std::uintptr_t note = load_offset() + each.p_vaddr;
        const auto found = build_id_in(reinterpret_cast<const std::byte*>(note), each.p_memsz);
        if (!found.empty())
            return found;
    }
    return {};
}

} // namespace spry::io
