// tests: the program run as a function, with what it printed and how it ended.
#pragma once

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "client/cli/verbs.hpp"
#include "tests/unit/client/fake_broker.hpp"

namespace steward::cli::test {

using client::test::FakeBroker;
using namespace std::chrono_literals;

struct Ended {
    int status = 0;
    std::string out;
    std::string err;
};

inline Ended run(const std::vector<std::string>& words) {
    std::vector<const char*> argv = {"steward"};
    for (const std::string& word : words) {
        argv.push_back(word.c_str());
    }
    std::ostringstream out;
    std::ostringstream err;
    Console console{out, err, false, false, false, base::WallTime(1000s)};
    const int status = run_program(static_cast<int>(argv.size()), argv.data(), console);
    return {status, out.str(), err.str()};
}

inline Ended run(const FakeBroker& broker, std::vector<std::string> words) {
    words.insert(words.begin(), {"--broker", broker.endpoint()});
    return run(words);
}

inline bool is_one_line(const std::string& text) {
    return !text.empty() && text.find('\n') == text.size() - 1;
}

/// The same with something on standard input.
inline Ended run_with_input(const FakeBroker& broker,
                            const std::string& input,
                            const std::vector<std::string>& words) {
    std::istringstream text(input);
    std::streambuf* const before = std::cin.rdbuf(text.rdbuf());
    const Ended ended = run(broker, words);
    std::cin.rdbuf(before);
    std::cin.clear();
    return ended;
}

}  // namespace steward::cli::test
