// SPDX-License-Identifier: Apache-2.0
#include "symbols.hpp"

#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <elf.h>

namespace bench {
namespace {

class elf_file {
public:
    explicit elf_file(const std::string& path) : path_(path) {
        std::ifstream file(path, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
        header_ = read<Elf64_Ehdr>(0);
        if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0 ||
            header_.e_ident[EI_CLASS] != ELFCLASS64)
            throw std::runtime_error(path + " is no 64-bit ELF file");
        for (std::size_t i = 0; i != header_.e_shnum; ++i)
            sections_.push_back(read<Elf64_Shdr>(header_.e_shoff + i * sizeof(Elf64_Shdr)));
    }

    bool position_independent() const noexcept { return header_.e_type != ET_EXEC; }

    // The content of the first section of that type and, if given, of that name.
    std::string_view section(Elf64_Word type, std::string_view name = {}) const {
        for (const Elf64_Shdr& each : sections_) {
            if (each.sh_type == type && (name.empty() || name_of(each) == name))
                return content(each);
        }
        return {};
    }

    std::map<std::string, std::uint64_t> functions() const {
        std::map<std::string, std::uint64_t> found;
        for (const Elf64_Shdr& each : sections_) {
            if (each.sh_type != SHT_SYMTAB || each.sh_link >= sections_.size())
                continue;
            const std::string_view names = content(sections_[each.sh_link]);
            for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= each.sh_size;
                 at += sizeof(Elf64_Sym)) {
                const auto symbol = read<Elf64_Sym>(each.sh_offset + at);
                if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF &&
                    symbol.st_name < names.size())
                    found.emplace(names.data() + symbol.st_name, symbol.st_value);
            }
        }
        return found;
    }

private:
    template <class T>
    T read(std::size_t offset) const {
        T object{};
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof object)
            throw std::runtime_error(path_ + " is cut short");
        std::memcpy(&object, bytes_.data() + offset, sizeof object);
        return object;
    }

    std::string_view content(const Elf64_Shdr& section) const {
        if (section.sh_offset > bytes_.size() ||
            bytes_.size() - section.sh_offset < section.sh_size)
            throw std::runtime_error(path_ + " is cut short");
        return std::string_view(bytes_).substr(section.sh_offset, section.sh_size);
    }

    std::string_view name_of(const Elf64_Shdr& section) const {
        if (header_.e_shstrndx >= sections_.size())
            return {};
        const std::string_view names = content(sections_[header_.e_shstrndx]);
        return section.sh_name < names.size() ? names.data() + section.sh_name : "";
    }

    std::string path_;
    std::string bytes_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Shdr> sections_;
};

constexpr std::string_view build_id = ".note.gnu.build-id";

} // namespace

std::map<std::string, std::uint64_t> function_addresses(const std::string& program) {
    const elf_file stripped(program);
    if (stripped.position_independent())
        throw std::runtime_error(program + " is position independent");
    const std::string debug = program + ".debug";
    if (std::ifstream(debug).good()) {
        const elf_file symbols(debug);
        if (symbols.section(SHT_NOTE, build_id) != stripped.section(SHT_NOTE, build_id))
            throw std::runtime_error(debug + " is of another build");
        return symbols.functions();
    }
    std::map<std::string, std::uint64_t> found = stripped.functions();
    if (found.empty())
        throw std::runtime_error(program + " is stripped, and there is no " + debug);
    return found;
}

} // namespace bench
