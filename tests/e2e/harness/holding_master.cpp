// tests/e2e: a master that keeps a pool of two busy until somebody ends it: its workers' pids are
// its output.
#include <chrono>
#include <iostream>

#include "master/pool.hpp"

int main(int argc, char** argv) {
    using namespace std::chrono_literals;
    if (argc != 3) {
        return 2;
    }
    auto pool = steward::master::Pool::start({.program = argv[1], .guardian = argv[2]}, 2);
    if (!pool) {
        std::cerr << pool.error().message << '\n';
        return 1;
    }
    int at_work = 0;
    steward::master::SendOptions options;
    options.on_progress = [&](const steward::client::Progress&) { ++at_work; };
    for (int i = 0; i < 2; ++i) {
        if (!pool->send("TRIAL", {{"seconds", 600}, {"ignore_stop", true}}, options)) {
            return 1;
        }
    }
    while (at_work < 2 || pool->pid(0) == 0 || pool->pid(1) == 0) {
        static_cast<void>(pool->receive(10ms));
    }
    std::cout << "workers " << pool->pid(0) << ' ' << pool->pid(1) << std::endl;
    static_cast<void>(pool->receive(600s));
    return 1;
}
