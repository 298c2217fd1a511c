#include <iostream>
#include <steward/master/shared.hpp>
#include <string>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: shared ADDRESS PROGRAM LOG\n";
        return 2;
    }
    auto worker = steward::master::connect_shared(
        {.address = argv[1], .profile = {.program = argv[2], .output = argv[3]}});
    if (!worker) {
        std::cerr << worker.error().message << '\n';
        return 1;
    }
    const auto answer = worker->call("STR-REV", "live on");
    if (!answer) {
        std::cerr << answer.error().message << '\n';
        return 1;
    }
    std::cout << answer->as<std::string>().value_or("no text") << '\n';
    return 0;
}
