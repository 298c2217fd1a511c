// tests/tidy: the libraries of the pure rooms ask the system for nothing: no undefined symbol of a
// clock, socket, file, thread, environment, logger or source of chance in their archives.
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

struct Symbol {
    std::string member;  // the object file in the archive
    std::string name;    // demangled
};

struct ClosePipe {
    void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

std::vector<std::string> lines_of_command(const std::string& command) {
    const std::unique_ptr<std::FILE, ClosePipe> pipe(::popen(command.c_str(), "r"));
    REQUIRE(pipe != nullptr);
    std::vector<std::string> lines;
    std::string line;
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()) != nullptr) {
        line += buffer.data();
        if (line.ends_with('\n')) {
            line.pop_back();
            lines.push_back(std::move(line));
            line.clear();
        }
    }
    return lines;
}

/// What an archive's members want from elsewhere. Weak wishes (nm's "w") need not be fulfilled.
std::vector<Symbol> undefined_symbols(const std::string& archive) {
    std::vector<Symbol> symbols;
    std::string member;
    for (const std::string& line : lines_of_command("nm -uC '" + archive + "'")) {
        const std::size_t mark = line.find(" U ");
        if (line.ends_with(":") && mark == std::string::npos) {
            member = line.substr(0, line.size() - 1);
        } else if (mark != std::string::npos) {
            symbols.push_back({member, line.substr(mark + 3)});
        }
    }
    return symbols;
}

bool is_forbidden(const std::string& name) {
    static const std::regex kForbidden(
        // clocks and sleep
        "(clock_\\w+|gettimeofday|time|timespec_get|nanosleep|usleep|sleep|alarm|timer(fd)?_\\w+"
        // sockets and files
        "|socket|bind|listen|accept4?|connect|send(to|msg|file)?|recv(from|msg)?|e?poll(_\\w+)?|"
        "select"
        "|open(at)?(64)?|creat|close|p?read(v|64)?|p?write(v|64)?|fopen(64)?|fdopen|fread|fclose|"
        "unlink"
        "|rename|mkdir|stat|fstat|mmap(64)?|fsync|fdatasync|puts|printf|perror|std::cout|std::cerr"
        // processes, threads, environment, chance
        "|fork|execve?|execvp|posix_spawn\\w*|system|popen|kill|raise|signal|sigaction|pthread_\\w+"
        "|(secure_)?getenv|setenv|putenv|s?rand(om)?(_r)?|[dlm]rand48|arc4random\\w*|getrandom)"
        "(@.*)?"
        "|std::(chrono::_V2|thread|this_thread|random_device|filesystem|condition_variable|__"
        "future_base)"
        "(::|\\().*"
        "|std::basic_([io]?fstream|filebuf)<.*"
        "|(spdlog|fmt)::.*|zmq_.*");
    return std::regex_match(name, kForbidden);
}

/// The assertion's last words before it ends the process.
bool is_last_word(const Symbol& symbol) {
    static const std::regex kLastWords(
        "(fprintf|fputs|fwrite|fflush|stderr|abort|__fprintf_chk)(@.*)?");
    return std::regex_match(symbol.name, kLastWords);
}

std::vector<std::string> pure_archives() {
    std::ifstream list(STEWARD_PURE_LIST);
    std::vector<std::string> archives;
    for (std::string line; std::getline(list, line);) {
        if (!line.empty()) {
            archives.push_back(line);
        }
    }
    return archives;
}

}  // namespace

TEST_CASE("The rule knows what it forbids") {
    CHECK(is_forbidden("clock_gettime@GLIBC_2.17"));
    CHECK(is_forbidden("time"));
    CHECK(is_forbidden("std::chrono::_V2::steady_clock::now()"));
    CHECK(is_forbidden("std::random_device::_M_getval()"));
    CHECK(is_forbidden("pthread_mutex_lock"));
    CHECK(is_forbidden("spdlog::get(std::string const&)"));
    CHECK(is_forbidden("zmq_send"));
    CHECK(is_forbidden("std::basic_ofstream<char, std::char_traits<char> >::close()"));
    CHECK_FALSE(is_forbidden("memcpy"));
    CHECK_FALSE(is_forbidden("steward::base::time_text(long)"));
    CHECK_FALSE(is_forbidden("steward::core::Timers::next()"));
}

TEST_CASE("Pure libraries want nothing of the system") {
    const std::vector<std::string> archives = pure_archives();
    REQUIRE(archives.size() >= 5);  // base, model, calendar, wire, core
    for (const std::string& archive : archives) {
        INFO("archive: ", archive);
        CHECK(!lines_of_command("ar t '" + archive + "'").empty());
        for (const Symbol& symbol : undefined_symbols(archive)) {
            if (is_forbidden(symbol.name)) {
                FAIL_CHECK("[pure] ", archive, "(", symbol.member, ") wants ", symbol.name);
            }
        }
    }
}

TEST_CASE("In pure libraries only the assertion may print and abort") {
    for (const std::string& archive : pure_archives()) {
        for (const Symbol& symbol : undefined_symbols(archive)) {
            if (is_last_word(symbol) && !symbol.member.starts_with("assert.cpp")) {
                FAIL_CHECK("[pure] ", archive, "(", symbol.member, ") wants ", symbol.name);
            }
        }
    }
}
