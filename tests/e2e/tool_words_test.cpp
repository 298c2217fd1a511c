// tests/e2e: what `steward` says to people who go wrong, its help, and what a shell completes.
#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::e2e {

namespace {

// A low port is given to no broker of another test by chance.
constexpr const char* kNowhere = "127.0.0.1:1";
constexpr const char* kShell = "/bin/bash";

bool is_one_line(const std::string& text) {
    return text.ends_with('\n') && lines_of(text).size() == 1;
}

/// The verbs in the help of a program or of one of its verbs.
Args verbs_in(const std::string& help) {
    Args verbs;
    bool is_there = false;
    for (const std::string& line : lines_of(help)) {
        if (line == "Subcommands:") {
            is_there = true;
        } else if (line.empty()) {
            is_there = false;
        } else if (is_there && line.starts_with("  ") && line[2] != ' ') {
            verbs.push_back(line.substr(2, line.find(' ', 2) - 2));
        }
    }
    return verbs;
}

/// A shell with the tool's script, which asks `broker` for services.
struct Shell {
    explicit Shell(Desk& desk) {
        const Finished script = desk.run({"completion", "bash"});
        REQUIRE(script.code == kSuccess);
        path = directory.write("completion", script.out);
        const std::string tool = built_program("steward");
        environment = {{"STEWARD_BROKER", desk.broker().endpoints().frontend},
                       {"PATH", tool.substr(0, tool.rfind('/')) + ":/usr/bin:/bin"}};
    }

    /// What it offers for the last of these words.
    [[nodiscard]] Args offers(const Args& words) const {
        const std::string program =
            ". \"$1\"; shift; complete -p steward >&2 || exit 9; COMP_WORDS=(steward \"$@\"); "
            "COMP_CWORD=$#; _steward; ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "
            "\"${COMPREPLY[@]}\"";
        Args args = {"--norc", "-c", program, "bash", path};
        args.insert(args.end(), words.begin(), words.end());
        const Finished done = run({kShell, args, environment, directory.path().string()});
        CHECK(done.err == "complete -F _steward steward\n");
        REQUIRE(done.code == 0);
        return lines_of(done.out);
    }

    TempDirectory directory;
    std::string path;
    std::map<std::string, std::string> environment;
};

}  // namespace

TEST_CASE("An id that nobody knows is refused, one that is none is a mistake of the words") {
    Desk desk;
    for (const char* verb : {"status", "why", "result", "wait", "cancel", "retry", "discard"}) {
        CAPTURE(verb);
        const Finished unknown = desk.run({verb, kUnknownJob});
        CHECK(unknown.code == kRefused);
        CHECK(unknown.out.empty());
        CHECK(is_one_line(unknown.err));
        CHECK(has(unknown.err, kUnknownJob));
        const Finished wrong = desk.run({verb, "17"});
        CHECK(wrong.code == kUsage);
        CHECK(is_one_line(wrong.err));
        CHECK(has(wrong.err, "\"17\""));
    }
    CHECK(desk.run({"edit", kUnknownJob, "--delay", "1s"}).code == kRefused);
    CHECK(desk.run({"edit", "17", "--delay", "1s"}).code == kUsage);
}

TEST_CASE("A wrong command line is told in one line, which names what is wrong") {
    Desk desk;
    const std::vector<std::pair<Args, std::string>> wrong = {
        {{"dance"}, "dance"},
        {{}, "--help"},
        {{"--dance"}, "--dance"},
        {{"jobs", "--dance"}, "--dance"},
        {{"batch", "dance"}, "dance"},
        {{"status"}, "id"},
        {{"call", "x", "--priority", "soon"}, "soon"},
        {{"call", "x", "--time-limit", "5 weeks"}, "5 weeks"},
        {{"submit", "x", "--meta", "novalue"}, "novalue"},
        {{"submit", "x", "--count", "0"}, "--count"},
        {{"submit", "x", "hello"}, "hello"},
        {{"ping", "--timeout", "soon"}, "soon"},
        {{"ping", "--client-port", "70000"}, "70000"},
        {{"pause"}, "--all"},
        {{"pause", "x", "--all"}, "--all"},
        {{"cancel"}, "--service"},
        {{"tail", "--event", "started"}, "STARTED"},
        {{"top", "--interval", "1ms"}, "100ms"},
        {{"completion", "fish"}, "fish"}};
    for (const auto& one : wrong) {
        CAPTURE(one.second);
        const Finished done = desk.run(one.first);
        CHECK(done.code == kUsage);
        CHECK(done.out.empty());
        CHECK(is_one_line(done.err));
        CHECK(done.err.starts_with("steward: "));
        CHECK(has(done.err, one.second));
    }
    const Finished no_terminal = desk.run({"top"});
    CHECK(no_terminal.code == kUsage);
    CHECK(has(no_terminal.err, "--once"));
}

TEST_CASE("Where no broker answers, each verb says so and ends with its own status") {
    const Desk desk;
    const std::string nowhere = kNowhere;
    const std::vector<Args> asked = {{"ping"},
                                     {"call", "x"},
                                     {"submit", "x"},
                                     {"list"},
                                     {"services"},
                                     {"pause", "x"},
                                     {"status", kUnknownJob},
                                     {"schedule"},
                                     {"top", "--once"}};
    for (Args words : asked) {
        CAPTURE(words.front());
        words.insert(words.end(), {"--broker", nowhere, "--timeout", "100ms"});
        const Finished done = run({built_program("steward"), words, {}, {}});
        CHECK(done.code == kNoBroker);
        CHECK(done.out.empty());
        CHECK(is_one_line(done.err));
        CHECK(has_all(done.err, {nowhere, "--broker", "STEWARD_BROKER"}));
    }
}

TEST_CASE("Of several brokers the first that answers is used, also from the environment") {
    Desk desk;
    const std::string nowhere = kNowhere;
    const CommandLine ping{built_program("steward"),
                           {"ping"},
                           {{"STEWARD_BROKER", nowhere + "," + desk.broker().endpoints().frontend}},
                           {}};
    CHECK(run(ping).code == kSuccess);
}

TEST_CASE("Output that cannot be written is an error, and a reader that has gone is none") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const auto run_in_shell = [&](const std::string& program, const Args& words) {
        CommandLine tool = desk.broker().tool(words);
        Args args = {"--norc", "-c", program, "bash", tool.program};
        args.insert(args.end(), tool.args.begin(), tool.args.end());
        return run({kShell, args, {}, tool.directory});
    };
    const std::vector<Args> all = {{"submit", "trial"},
                                   {"call", "trial"},
                                   {"jobs"},
                                   {"--help"},
                                   {"completion", "bash"},
                                   {"journal", "inspect", "data/journal"},
                                   {"journal", "verify", "data/journal"},
                                   {"journal", "export", "data/journal"},
                                   {"journal", "export", "--alive", "data/journal"}};
    for (const Args& words : all) {
        CAPTURE(words.front());
        const Finished full = run_in_shell("exec \"$@\" >/dev/full", words);
        CHECK(full.code == kUnwritten);
        CHECK(is_one_line(full.err));
        CHECK(has(full.err, "standard output"));
        const Finished left = run_in_shell(
            "trap '' PIPE; { sleep 0.2; \"$@\"; echo $? >status; } | true; exit $(cat status)",
            words);
        CHECK(left.code == kSuccess);
        CHECK(left.err == "");
    }
    const std::string& there = desk.broker().endpoints().frontend;
    CHECK(run_in_shell("exec \"$@\" >/dev/full", {"check", there}).code == 3);
    CHECK(run_in_shell("exec \"$@\" >/dev/full", {"status", kUnknownJob}).code == kRefused);
}

TEST_CASE("Help tells the exit statuses, and each verb has its own") {
    Desk desk;
    const std::string help = desk.say({"--help"});
    CHECK(has_all(help,
                  {"0 success",
                   "1 the job failed",
                   "2 wrong usage",
                   "3 time-out",
                   "4 refused",
                   "5 no broker",
                   "6 torn journal",
                   "7 damaged journal",
                   "8 output not written"}));
    const Args verbs = verbs_in(help);
    CHECK(verbs.size() > 30);
    for (const std::string& verb : verbs) {
        CAPTURE(verb);
        const std::string own = desk.say({verb, "--help"});
        CHECK(has(own, "Usage: steward " + verb));
        for (const std::string& below : verbs_in(own)) {
            CHECK(has(desk.say({verb, below, "--help"}), "Usage: steward " + verb + " " + below));
        }
    }
    CHECK(desk.say({"--version"}).starts_with("steward "));
}

TEST_CASE("bash completes verbs, options, values and the services of a running broker") {
    Desk desk;
    desk.start_worker(kTrialProgram, "printing");
    const Shell shell(desk);
    CHECK(shell.offers({"ca"}) == Args{"call", "cancel"});
    CHECK(shell.offers({""}).size() == verbs_in(desk.say({"--help"})).size());
    CHECK(shell.offers({"batch", "r"}) == Args{"run"});
    CHECK(shell.offers({"submit", "--prio"}) == Args{"--priority"});
    CHECK(shell.offers({"submit", "--priority", "h"}) == Args{"high"});
    CHECK(shell.offers({"completion", ""}) == Args{"bash", "zsh"});
    CHECK(shell.offers({"call", "pri"}) == Args{"printing"});
    CHECK(shell.offers({"call", "x"}).empty());
}

TEST_CASE("The script for zsh names every verb; zsh reads it where there is one") {
    Desk desk;
    const std::string script = desk.say({"completion", "zsh"});
    CHECK(script.starts_with("#compdef steward\n"));
    for (const std::string& verb : verbs_in(desk.say({"--help"}))) {
        CHECK(has(script, "'" + verb + ":"));
    }
    const TempDirectory directory;
    const std::string path = directory.write("_steward", script);
    const Finished read =
        run({kShell, {"-c", "! command -v zsh >&2 || zsh -n \"$1\"", "bash", path}, {}, {}});
    CHECK(read.code == 0);
}

}  // namespace steward::e2e
