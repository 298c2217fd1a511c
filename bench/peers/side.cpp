#include "bench/peers/side.hpp"

#include <cstdio>
#include <cstdlib>

namespace steward::bench {

void Side::send(std::string& /*out*/, std::size_t /*service*/, std::string_view /*payload*/) {
    refused("bench", "a worker's side sends no jobs");
}

void Side::refused(const char* who, std::string_view answer) {
    std::fprintf(stderr,
                 "steward-bench: %s said: %.*s\n",
                 who,
                 static_cast<int>(std::min<std::size_t>(answer.size(), 300)),
                 answer.data());
    std::exit(1);
}

std::string service_name(std::size_t service) {
    return "s" + std::to_string(service);
}

}  // namespace steward::bench
