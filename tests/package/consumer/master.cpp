// tests/package: somebody else's program with a worker of its own, as they would write it.
#include <iostream>
#include <steward/master/pool.hpp>
#include <string>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: shout-master WORKER TEXT\n";
        return 2;
    }
    auto worker = steward::master::Dedicated::start({.program = argv[1]});
    if (!worker) {
        std::cerr << worker.error().message << '\n';
        return 1;
    }
    const auto answer = worker->call("shout", std::string(argv[2]));
    if (!answer) {
        std::cerr << answer.error().message << '\n';
        return 1;
    }
    std::cout << answer->as<std::string>().value_or("no text") << '\n';
    return 0;
}
