// client/cli: `steward completion`: scripts for shells, made from the program's own definitions, so
// that they know every verb and option there is.
#include <algorithm>
#include <cctype>
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/completion_script.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

// The words of a type such as "low|normal|NUMBER" that can be written as they stand.
std::vector<std::string> values_of(const std::string& type) {
    std::vector<std::string> values;
    const std::string words = type.substr(0, type.find(':'));
    if (words.find('|') == std::string::npos) {
        return values;
    }
    for (const std::string& word : CLI::detail::split(words, '|')) {
        const bool is_placeholder = word.size() > 1 && std::ranges::all_of(word, [](char c) {
                                        return c >= 'A' && c <= 'Z';
                                    });
        if (!is_placeholder) {
            values.push_back(word);
        }
    }
    return values;
}

CompletionOption option_of(const CLI::Option& option) {
    CompletionOption made;
    for (const std::string& name : option.get_lnames()) {
        made.names.push_back("--" + name);
    }
    for (const std::string& name : option.get_snames()) {
        made.names.push_back("-" + name);
    }
    made.help = option.get_description();
    made.takes_value = option.get_items_expected_max() > 0;
    made.values = values_of(option.get_type_name());
    return made;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the program's verbs
CompletionVerb verb_of(CLI::App& app) {
    CompletionVerb verb;
    verb.help = app.get_description();
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) {
            continue;  // hidden, in the help too
        }
        const std::string& word = option->get_name(true);
        if (option->nonpositional()) {
            verb.options.push_back(option_of(*option));
        } else if (word == "service" || word == "services") {
            verb.words = CompletionWord::Service;
        } else if (word == "log" || word == "folder") {
            verb.words = CompletionWord::File;
        } else {
            verb.values = values_of(option->get_type_name());
        }
    }
    for (CLI::App* below : app.get_subcommands([](CLI::App* /*any*/) { return true; })) {
        verb.verbs.push_back(verb_of(*below));
        verb.verbs.back().name = below->get_name();
    }
    return verb;
}

}  // namespace

void add_completion(CLI::App& program, Invocation& invocation) {
    auto shell = std::make_shared<std::string>();
    add_verb(program,
             invocation,
             "completion",
             "Prints a script that completes the words of steward in a shell",
             [shell, &program](Console& console) {
                 const CompletionVerb verbs = verb_of(program);
                 console.out << (*shell == "zsh" ? zsh_completion(verbs) : bash_completion(verbs))
                             << std::flush;
                 return static_cast<int>(kSuccess);
             })
        .add_option("shell", *shell, "which shell")
        ->type_name("bash|zsh")
        ->check(CLI::IsMember({"bash", "zsh"}))
        ->required();
}

}  // namespace steward::cli
