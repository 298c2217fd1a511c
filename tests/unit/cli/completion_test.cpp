// tests: the completion scripts, run by the shells they are for.
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client/cli/completion_script.hpp"
#include "client/cli/exit_status.hpp"
#include "tests/unit/cli/run.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace steward::cli {

using namespace test;

namespace {

std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe);
    std::string output;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe.get())) {
        output.append(part.data(), size);
    }
    return output;
}

std::string in_quotes(const std::string& word) {
    return "'" + word + "'";
}

/// What bash offers for the last of `words`, one a line.
std::string offered(const std::string& script, const std::vector<std::string>& words) {
    std::string line =
        "source " + in_quotes(script) +
        "; steward() { printf '%s\\n' SERVICE mail 'ma$(touch x)'; }; COMP_WORDS=(steward";
    for (const std::string& word : words) {
        line += " " + in_quotes(word);
    }
    line += "); COMP_CWORD=" + std::to_string(words.size()) +
            "; _steward; for i in \"${COMPREPLY[@]}\"; do echo \"$i\"; done";
    const TempFile file(line);
    return output_of("bash " + file.name());
}

bool offers(const std::string& offered, const std::string& word) {
    return ("\n" + offered).find("\n" + word + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("bash completes verbs, verbs of verbs, options and their values") {
    const auto script = run({"completion", "bash"});
    REQUIRE(script.status == kSuccess);
    const TempFile file(script.out);
    const auto asked = [&](const std::vector<std::string>& words) {
        return offered(file.name(), words);
    };
    CHECK(output_of("bash -n " + file.name() + " 2>&1").empty());

    const std::string verbs = asked({""});
    for (const char* verb :
         {"call", "submit", "batch", "tail", "top", "replay", "journal", "backup", "completion"}) {
        CHECK(offers(verbs, verb));
    }
    CHECK(asked({"ca"}) == "call\ncancel\n");
    CHECK(asked({"batch", "r"}) == "run\n");
    CHECK(asked({"limits", ""}) == "set\nremove\n");
    CHECK(asked({"journal", ""}) == "inspect\nverify\nexport\n");
    CHECK(offers(asked({"journal", "export", "--"}), "--alive"));
    CHECK(asked({"submit", "--prio"}) == "--priority\n");
    CHECK(offers(asked({"submit", "--"}), "--broker"));
    CHECK(offers(asked({"batch", "run", "--"}), "--keep-going"));
    CHECK(asked({"wait", "--fo"}) == "--follow\n");
    CHECK_FALSE(offers(asked({"call", "--"}), "--wait"));
    CHECK(asked({"submit", "--priority", ""}) == "low\nnormal\nhigh\nurgent\n");
    CHECK(asked({"submit", "--priority", "=", "hi"}) == "high\n");
    CHECK(asked({"submit", "--priority", "="}) == "low\nnormal\nhigh\nurgent\n");
    CHECK(offers(asked({"list", "--state", "de"}), "dead"));
    CHECK(asked({"completion", ""}) == "bash\nzsh\n");
}

TEST_CASE("A value is not taken for a verb, and a verb is found behind options") {
    const TempFile file(run({"completion", "bash"}).out);
    CHECK(offered(file.name(), {"--broker", "batch", "lis"}) == "list\n");
    CHECK(offered(file.name(), {"--broker", "=", "batch", "lis"}) == "list\n");
    CHECK(offered(file.name(), {"--json", "batch", "cl"}) == "close\n");
    CHECK(offered(file.name(), {"--broker", ""}).empty());
    // A flag of one verb may take a value in another.
    CHECK(offered(file.name(), {"batch", "run", "--wait", "--keep"}) == "--keep-going\n");
    CHECK(offered(file.name(), {"submit", "--wait", "--keep"}).empty());
}

TEST_CASE("Services are asked for, and what is in their names is not carried out") {
    const TempFile file(run({"completion", "bash"}).out);
    CHECK(offered(file.name(), {"submit", "mai"}) == "mail\n");
    CHECK(offered(file.name(), {"submit", "ma"}) == "mail\nma\\$\\(touch\n");
    CHECK(offered(file.name(), {"workers", "mai"}) == "mail\n");
    CHECK(offered(file.name(), {"wait", "mai"}).empty());
}

TEST_CASE("The logs to replay are files") {
    const TempFile file(run({"completion", "bash"}).out);
    CHECK(offered(file.name(), {"replay", file.name().substr(0, file.name().size() - 1)}) ==
          file.name() + "\n");
}

TEST_CASE("The zsh script describes what there is, with every kind of quote and colon in it") {
    CompletionVerb program;
    program.verbs.push_back(
        {"go", "what's: this", {{{"--to"}, "a:b", true, {"x", "y"}}}, {}, {}, {}});
    const std::string script = zsh_completion(program);
    CHECK(script.starts_with("#compdef steward\n"));
    CHECK(script.find(R"('go:what'\''s: this')") != std::string::npos);
    CHECK(script.find("'--to:a:b'") != std::string::npos);
    CHECK(script.find("values=(x y)") != std::string::npos);
    const auto whole = run({"completion", "zsh"});
    REQUIRE(whole.status == kSuccess);
    if (output_of("command -v zsh").empty()) {
        MESSAGE("there is no zsh here: its script was not read by it");
        return;
    }
    const TempFile file(whole.out);
    CHECK(output_of("zsh -n " + file.name() + " 2>&1").empty());
}

TEST_CASE("Only shells that are known have a script") {
    CHECK(run({"completion", "fish"}).status == kUsage);
    CHECK(run({"completion"}).status == kUsage);
}

}  // namespace steward::cli
