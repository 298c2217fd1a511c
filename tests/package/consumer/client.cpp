// tests/package: somebody else's client, as they would write it.
#include <iostream>
#include <steward/client/client.hpp>
#include <string>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: shout-client BROKER TEXT\n";
        return 2;
    }
    steward::client::Client client({.brokers = {argv[1]}});
    const auto answer = client.call("shout", std::string(argv[2]));
    if (!answer) {
        std::cerr << answer.error().message << '\n';
        return 1;
    }
    std::cout << answer->as<std::string>().value_or("no text") << '\n';
    return 0;
}
