#include <iostream>
#include <steward/master/pool.hpp>
#include <string>

using namespace std::chrono_literals;
using steward::master::Pool;
using steward::master::Size;

int main(int argc, char** argv) {
    const std::string program = argc > 1 ? argv[1] : "steward-worker-reverse";
    auto pool = Pool::start({.program = program}, Size::automatic());
    if (!pool) {
        std::cerr << pool.error().message << '\n';
        return 1;
    }
    for (const char* text : {"drawer", "stressed", "deliver"}) {
        if (const auto ticket = pool->send("STR-REV", text); !ticket) {  // waits for a free worker
            std::cerr << ticket.error().message << '\n';
            return 1;
        }
    }
    while (pool->outstanding() > 0) {
        const auto received = pool->receive(30s);
        if (!received || !*received || !(*received)->answer) {
            std::cerr << "no answer\n";
            return 1;
        }
        std::cout << "job " << (*received)->ticket << ", worker " << (*received)->worker << ": "
                  << (*received)->answer->as<std::string>().value_or("no text") << '\n';
    }
    return 0;
}
