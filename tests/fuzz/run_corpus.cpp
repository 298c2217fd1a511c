// tests: runs a fuzz entry point as a plain test, with any compiler: every file of a corpus folder,
// then a bounded number of seeded mutations of them. What libFuzzer has found stands in the
// folder's found.hex, an input a line. A failure is a crash: an assertion says where.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/base/prng.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using steward::base::Prng;

constexpr std::size_t kInputBytesMax = 16384;

void take_found(std::istream& file, std::vector<std::string>& inputs) {
    for (std::string line; std::getline(file, line);) {
        std::string& input = inputs.emplace_back();
        for (std::size_t at = 0; at + 1 < line.size(); at += 2) {
            const std::string digits = line.substr(at, 2);
            input += static_cast<char>(std::strtoul(digits.c_str(), nullptr, 16));
        }
    }
}

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);  // the same mutations on every machine
    std::vector<std::string> inputs;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        if (path.filename() == "found.hex") {
            take_found(file, inputs);
            continue;
        }
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
}

void mutate_once(std::string& input, const std::string& other, Prng& prng) {
    const std::size_t at = prng.below(input.size() + 1);
    const std::size_t length = 1 + prng.below(16);
    switch (prng.below(6)) {
        case 0: input.insert(at, 1, static_cast<char>(prng.below(256))); break;
        case 1: input.erase(at, length); break;
        case 2: input.resize(at); break;
        case 3: input.insert(at, input.substr(prng.below(input.size() + 1), length)); break;
        case 4: input.insert(at, other.substr(prng.below(other.size() + 1), 4 * length)); break;
        default:
            if (at < input.size()) {
                const auto byte = static_cast<unsigned char>(input[at]);
                const auto bit = static_cast<unsigned char>(1U << prng.below(8));
                input[at] = static_cast<char>(prng.chance(1, 2) ? byte ^ bit : prng.below(256));
            }
    }
}

void run(const std::string& input) {
    (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER MUTATIONS SEED\n", argv[0]);
        return EXIT_FAILURE;
    }
    const std::vector<std::string> corpus = read_corpus(argv[1]);
    const std::uint64_t mutations = std::strtoull(argv[2], nullptr, 10);
    const std::uint64_t seed = std::strtoull(argv[3], nullptr, 10);
    if (corpus.empty()) {
        std::fprintf(stderr, "%s holds no inputs\n", argv[1]);
        return EXIT_FAILURE;
    }
    std::ranges::for_each(corpus, run);
    for (std::uint64_t i = 0; i < mutations; ++i) {
        Prng prng(seed + i);  // a failing run is named by its number alone
        std::string input = corpus[prng.below(corpus.size())];
        const std::string& other = corpus[prng.below(corpus.size())];
        for (std::uint64_t n = 1 + prng.below(4); n > 0; --n) {
            mutate_once(input, other, prng);
        }
        input.resize(std::min(input.size(), kInputBytesMax));
        run(input);
    }
    std::printf(
        "%zu inputs, %llu mutations\n", corpus.size(), static_cast<unsigned long long>(mutations));
    return EXIT_SUCCESS;
}
