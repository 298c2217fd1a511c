#include "client/cli/completion_script.hpp"

#include <functional>
#include <string_view>

namespace steward::cli {

namespace {

// A verb's place is the verbs that lead to it, each with a space before: " batch run".
using Visit = std::function<void(const std::string& place, const CompletionVerb& verb)>;

// As deep as the program's verbs, which are its own.
// NOLINTNEXTLINE(misc-no-recursion)
void for_each_verb(const CompletionVerb& verb, const Visit& visit, const std::string& place = {}) {
    visit(place, verb);
    for (const CompletionVerb& below : verb.verbs) {
        std::string deeper = place;
        deeper += ' ';
        deeper += below.name;
        for_each_verb(below, visit, deeper);
    }
}

// In single quotes, whatever is in it.
std::string shell_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

// The pattern of `case` for an option of the verb at `place`; the program's own count everywhere.
std::string pattern(const std::string& place, const std::string& option) {
    return (place.empty() ? "*" : shell_quoted(place)) + shell_quoted(" " + option);
}

// "pattern|pattern) BODY ;;" for all verbs there are.
std::string known_verbs(const CompletionVerb& program, const std::string& body) {
    std::string patterns;
    for_each_verb(program, [&](const std::string& place, const CompletionVerb& verb) {
        if (!verb.name.empty()) {
            patterns += (patterns.empty() ? "" : "|") + shell_quoted(place);
        }
    });
    return "                " + patterns + ") " + body + " ;;\n";
}

// The same for options whose next word is their value.
std::string options_with_value(const CompletionVerb& program, const std::string& body) {
    std::string patterns;
    for_each_verb(program, [&](const std::string& place, const CompletionVerb& verb) {
        for (const CompletionOption& option : verb.options) {
            for (const std::string& name : option.names) {
                if (option.takes_value) {
                    patterns += (patterns.empty() ? "" : "|") + pattern(place, name);
                }
            }
        }
    });
    return patterns.empty() ? "" : "            " + patterns + ") " + body + " ;;\n";
}

// One line for each option that has known values.
std::string known_values(const CompletionVerb& program,
                         const std::function<std::string(const CompletionOption&)>& body) {
    std::string lines;
    for_each_verb(program, [&](const std::string& place, const CompletionVerb& verb) {
        for (const CompletionOption& option : verb.options) {
            for (const std::string& name : option.names) {
                if (!option.values.empty()) {
                    lines += "        " + pattern(place, name) + ") " + body(option) + " ;;\n";
                }
            }
        }
    });
    return lines;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

std::string names_of(const std::vector<CompletionOption>& options) {
    std::vector<std::string> names;
    for (const CompletionOption& option : options) {
        names.insert(names.end(), option.names.begin(), option.names.end());
    }
    return joined(names);
}

// "name:help" for _describe, which takes the first colon for the end of the name.
std::string described(const std::string& name, const std::string& help) {
    return shell_quoted(name + ":" + help);
}

std::string described(const std::vector<CompletionOption>& options) {
    std::string text;
    for (const CompletionOption& option : options) {
        for (const std::string& name : option.names) {
            text += " " + described(name, option.help);
        }
    }
    return text;
}

// What a place has: its verbs, its options, what its words are.
std::string bash_place(const std::string& place, const CompletionVerb& verb) {
    std::vector<std::string> verbs;
    for (const CompletionVerb& below : verb.verbs) {
        verbs.push_back(below.name);
    }
    verbs.insert(verbs.end(), verb.values.begin(), verb.values.end());
    std::string line = "        " + shell_quoted(place) + ") verbs=" + shell_quoted(joined(verbs));
    if (!verb.name.empty()) {
        line += " options+=" + shell_quoted(" " + names_of(verb.options));
    }
    if (verb.words != CompletionWord::Anything) {
        line += verb.words == CompletionWord::File ? " kind=file" : " kind=service";
    }
    return line + " ;;\n";
}

std::string zsh_place(const std::string& place, const CompletionVerb& verb) {
    std::string line = "        " + shell_quoted(place) + ") verbs=(";
    for (const CompletionVerb& below : verb.verbs) {
        line += " " + described(below.name, below.help);
    }
    for (const std::string& value : verb.values) {
        line += " " + shell_quoted(value);
    }
    line += " )";
    if (!verb.name.empty()) {
        line += " options+=(" + described(verb.options) + " )";
    }
    if (verb.words != CompletionWord::Anything) {
        line += verb.words == CompletionWord::File ? " kind=file" : " kind=service";
    }
    return line + " ;;\n";
}

std::string all_places(const CompletionVerb& program,
                       std::string (*one)(const std::string&, const CompletionVerb&)) {
    std::string lines;
    for_each_verb(program, [&](const std::string& place, const CompletionVerb& verb) {
        lines += one(place, verb);
    });
    return lines;
}

// The first column of the list, without its title and without names that were cut.
constexpr const char* kServices =
    "steward --timeout 500ms services 2>/dev/null | tail -n +2 | cut -d' ' -f1 | grep -v '…'";

}  // namespace

// Names of services come from elsewhere: they are never given to `compgen -W`, which would expand
// what is in them.
std::string bash_completion(const CompletionVerb& program) {
    std::string script =
        R"sh(# Completes the words of steward in bash; made by `steward completion bash`.
_steward() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local place='' verbs='' kind='' values='' word name i
    COMPREPLY=()
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case "$place $word" in
)sh";
    script +=
        options_with_value(program, "((i++)); if [[ ${COMP_WORDS[i]} == '=' ]]; then ((i++)); fi");
    script += R"sh(            *' -'*|*' =') ;;
            *) case "$place $word" in
)sh";
    script += known_verbs(program, "place=\"$place $word\"");
    script += R"sh(            esac ;;
        esac
    done
    case "$place $prev" in
)sh";
    script += known_values(program, [](const CompletionOption& option) {
        return "values=" + shell_quoted(joined(option.values));
    });
    script += R"sh(    esac
    if [[ -n $values ]]; then
        COMPREPLY=($(compgen -W "$values" -- "$cur"))
        return
    fi
    case "$place $prev" in
)sh";
    script += options_with_value(program, "return");
    script += "    esac\n    local options=" + shell_quoted(names_of(program.options)) + "\n";
    script += "    case \"$place\" in\n" + all_places(program, bash_place);
    script += R"sh(    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [[ $kind == file ]]; then
        COMPREPLY=($(compgen -f -- "$cur"))
    else
        COMPREPLY=($(compgen -W "$verbs" -- "$cur"))
        if [[ $kind == service ]]; then
            while IFS= read -r name; do
                if [[ $name == "$cur"* ]]; then COMPREPLY+=("$(printf '%q' "$name")"); fi
            done < <()sh";
    script += kServices;
    script += R"sh()
        fi
    fi
}
complete -F _steward steward
)sh";
    return script;
}

std::string zsh_completion(const CompletionVerb& program) {
    std::string script = R"sh(#compdef steward
# Completes the words of steward in zsh; made by `steward completion zsh`.
_steward() {
    local place='' kind='' word i prev=$words[CURRENT-1]
    local -a verbs options values names
    for ((i = 2; i < CURRENT; i++)); do
        word=$words[i]
        case "$place $word" in
)sh";
    script += options_with_value(program, "((i++))");
    script += R"sh(            *' -'*) ;;
            *) case "$place $word" in
)sh";
    script += known_verbs(program, "place=\"$place $word\"");
    script += R"sh(            esac ;;
        esac
    done
    if [[ $PREFIX == --*=* ]]; then
        prev=${PREFIX%%=*}
        compset -P '*='
    fi
    case "$place $prev" in
)sh";
    script += known_values(program, [](const CompletionOption& option) {
        return "values=(" + joined(option.values) + ")";
    });
    script += R"sh(    esac
    if (( $#values )); then
        compadd -a values
        return
    fi
    case "$place $prev" in
)sh";
    script += options_with_value(program, "return 1");
    script += "    esac\n    options=(" + described(program.options) + " )\n";
    script += "    case \"$place\" in\n" + all_places(program, zsh_place);
    script += R"sh(    esac
    if [[ $PREFIX == -* ]]; then
        _describe -o 'option' options
    elif [[ $kind == file ]]; then
        _files
    else
        (( $#verbs )) && _describe 'verb' verbs
        if [[ $kind == service ]]; then
            names=(${(f)"$()sh";
    script += kServices;
    script += R"sh()"})
            compadd -a names
        fi
    fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _steward "$@"
else
    compdef _steward steward
fi
)sh";
    return script;
}

}  // namespace steward::cli
