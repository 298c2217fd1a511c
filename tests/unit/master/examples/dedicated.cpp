#include <iostream>
#include <steward/master/pool.hpp>
#include <string>

int main(int argc, char** argv) {
    const std::string program = argc > 1 ? argv[1] : "steward-worker-reverse";
    auto worker = steward::master::Dedicated::start({.program = program});
    if (!worker) {
        std::cerr << worker.error().message << '\n';
        return 1;
    }
    const auto answer = worker->call("STR-REV", "never odd or even");
    if (!answer) {
        std::cerr << answer.error().message << '\n';
        return 1;
    }
    std::cout << answer->as<std::string>().value_or("no text") << '\n';
    return 0;
}  // the worker ends here
