// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer where a target is built as an ordinary test: runs it once over every file
// of the folders and over every file that the arguments name.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    const std::vector<char> bytes{std::istreambuf_iterator<char>{stream}, {}};
    std::printf("%s\n", file.filename().c_str());
    std::fflush(stdout); // the last one named is the one that fails
    // Memory of exactly that size, so that a sanitizer sees a read beyond it.
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator{argv[i]})
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const std::filesystem::path& file : files)
        run(file);
    std::printf("%zu inputs\n", files.size());
    return files.empty() ? 1 : 0;
}
