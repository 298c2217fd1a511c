// tests: the program run as a function, with what it printed and how it ended.
#pragma once

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "client/cli/exit_status.hpp"
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

/// With a `--timeout` that passes: a short one, and a longer one as often as that was not enough to
/// reach the broker and to end with `wanted`.
inline Ended run_out_of_time(const FakeBroker& broker,
                             const std::vector<std::string>& words,
                             ExitStatus wanted = kTimeout,
                             const std::string& input = {}) {
    Ended ended;
    for (auto time = 100ms; time <= 20s; time *= 2) {
        std::vector<std::string> all = words;
        all.insert(all.end(), {"--timeout", std::to_string(time.count()) + "ms"});
        ended = run_with_input(broker, input, all);
        const bool was_too_short = ended.status == kNoBroker || ended.status == kTimeout;
        if (ended.status == wanted || !was_too_short) {
            break;
        }
    }
    return ended;
}

}  // namespace steward::cli::test
