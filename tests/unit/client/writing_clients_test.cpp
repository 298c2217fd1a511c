// tests: the example of docs/writing-clients.md compiles, runs, and is what the document shows.
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/client/fake_broker.hpp"

int example_main(int argc, char** argv);
#define main example_main
#include "tests/unit/client/writing_clients.cpp"
#undef main

namespace steward::client::test {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(std::string(STEWARD_SOURCE_DIR) + "/" + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("The example program of the documentation does what it says") {
    FakeBroker broker;
    std::ostringstream out;
    std::streambuf* const before = std::cout.rdbuf(out.rdbuf());
    std::string name = "example";
    std::string address = broker.endpoint();
    char* argv[] = {name.data(), address.data(), nullptr};
    const int status = example_main(2, argv);
    std::cout.rdbuf(before);
    CHECK(status == 0);
    CHECK(out.str().find("resized to 640x480") != std::string::npos);
    CHECK(out.str().find("1000 accepted") != std::string::npos);
}

TEST_CASE("The document shows the example as it was compiled") {
    const std::string example = text_of("tests/unit/client/writing_clients.cpp");
    REQUIRE(example.size() > 1000);
    CHECK(text_of("docs/writing-clients.md").find("```cpp\n" + example + "```") !=
          std::string::npos);
}

}  // namespace steward::client::test
