// client/cli: shell scripts that complete the program's command line, from a tree of its verbs.
// Values in, text out: knows neither the program's definitions nor a shell.
#pragma once

#include <string>
#include <vector>

namespace steward::cli {

struct CompletionOption {
    std::vector<std::string> names;  // "--broker", "-h"
    std::string help;
    bool takes_value = false;
    std::vector<std::string> values;  // known ones
};

enum class CompletionWord : std::uint8_t { Anything, Service, File };

struct CompletionVerb {
    std::string name;  // empty: the program itself
    std::string help;
    std::vector<CompletionOption> options;  // of the program: they may stand after any verb
    CompletionWord words = CompletionWord::Anything;
    std::vector<std::string> values;  // known words
    std::vector<CompletionVerb> verbs;
};

/// To be read with `source`, or put where bash-completion looks.
[[nodiscard]] std::string bash_completion(const CompletionVerb& program);
/// To be put into a folder of $fpath under the name _steward.
[[nodiscard]] std::string zsh_completion(const CompletionVerb& program);

}  // namespace steward::cli
