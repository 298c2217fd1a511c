// client/cli: the program `steward`.
#include <ios>

#include "client/cli/verbs.hpp"

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    steward::cli::Console console = steward::cli::standard_console();
    return steward::cli::run_program(argc, argv, console);
}
