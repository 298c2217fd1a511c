// common/manual: from CLI11's description of a command line to a page.
#include "common/manual/page.hpp"

#include <cctype>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "common/manual/roff.hpp"

namespace steward::manual {
namespace {

struct Part {
    std::string_view begins;
    const char* heading;
};

// What footers tell in lines of their own.
constexpr Part kParts[] = {{"Exit status:", "EXIT STATUS"},
                           {"From the environment:", "ENVIRONMENT"}};
constexpr const char* kOtherPart = "NOTES";

bool is_shown(const CLI::Option& option) {
    return !option.get_group().empty();
}

// "TEXT", "low|normal|NUMBER"; a flag has none.
std::string type_of(const CLI::Option& option) {
    if (option.get_items_expected_max() == 0) {
        return "";
    }
    const std::string type = option.get_type_name();
    const std::string name = type.substr(0, type.find(':'));  // behind it are the checks
    return name == "INT" || name == "UINT" ? "NUMBER" : name.empty() ? "VALUE" : name;
}

bool is_list(const CLI::Option& option) {
    return option.get_items_expected_max() > 1;
}

std::string names_of(const CLI::Option& option) {
    std::string out;
    const auto add = [&](const std::string& name) {
        out += (out.empty() ? "" : ", ") + bold(name);
    };
    for (const std::string& name : option.get_snames()) {
        add("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        add("--" + name);
    }
    return out;
}

std::string text_of(const CLI::Option& option) {
    std::string out = marked(option.get_description());
    const auto add = [&](const std::string& more) { out += "\n" + more; };
    if (!out.empty() && !out.ends_with('.')) {
        out += '.';
    }
    if (!option.get_default_str().empty()) {
        add("Default: " + bold(option.get_default_str()) + ".");
    }
    if (!option.get_envname().empty()) {
        add("From the environment: " + bold(option.get_envname()) + ".");
    }
    if (option.get_required()) {
        add("Required.");
    }
    return out;
}

std::string options_of(const CLI::App& app, bool are_positional) {
    std::string out;
    for (const CLI::Option* option : app.get_options()) {
        const bool is_of_all = option == app.get_help_ptr() && app.get_parent() != nullptr;
        if (!is_shown(*option) || is_of_all || option->nonpositional() == are_positional) {
            continue;
        }
        const std::string type = type_of(*option);
        std::string what = are_positional ? italic(option->get_name(true)) : names_of(*option);
        if (!type.empty() && !are_positional) {
            what += " " + italic(type);
        }
        out += entry(what, text_of(*option));
    }
    return out;
}

// "steward submit [OPTIONS] service [params...]"
std::string usage_of(const CLI::App& app, const std::string& path) {
    std::string out = bold(path) + " [" + italic("OPTION") + "...]";
    for (const CLI::Option* option : app.get_options()) {
        if (!is_shown(*option) || option->nonpositional()) {
            continue;
        }
        const std::string word = italic(option->get_name(true)) + (is_list(*option) ? "..." : "");
        out += option->get_required() ? " " + word : " [" + word + "]";
    }
    return out;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
    std::vector<const CLI::App*> verbs;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App* /*any*/) { return true; })) {
        if (!verb->get_group().empty()) {
            verbs.push_back(verb);
        }
    }
    return verbs;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the program's verbs
std::string verbs_text(const CLI::App& app, const std::string& path) {
    std::string out;
    for (const CLI::App* verb : verbs_of(app)) {
        const std::string name = path + " " + verb->get_name();
        out += subheading(usage_of(*verb, name));
        out += text(marked(verb->get_description()) + ".");
        out += options_of(*verb, true) + options_of(*verb, false);
        if (!verb->get_footer().empty()) {
            out += paragraph(marked(verb->get_footer()));
        }
        out += verbs_text(*verb, name);
    }
    return out;
}

// The footer's lines under the headings that they ask for.
std::string footer_text(std::string_view footer) {
    std::string out;
    std::string lines;
    std::string under = kOtherPart;
    const auto close = [&] {
        if (!lines.empty()) {
            out += heading(under) + text(marked(lines));
        }
        lines.clear();
    };
    while (!footer.empty()) {
        const std::size_t end = footer.find('\n');
        std::string_view line = footer.substr(0, end);
        footer.remove_prefix(end == std::string_view::npos ? footer.size() : end + 1);
        for (const Part& part : kParts) {
            if (line.starts_with(part.begins)) {
                close();
                under = part.heading;
                line.remove_prefix(part.begins.size() + 1);
            }
        }
        lines += std::string(line) + "\n";
    }
    close();
    return out;
}

std::string see_also_text(const std::vector<std::string>& names) {
    if (names.empty()) {
        return "";
    }
    std::string list;
    for (const std::string& name : names) {
        const std::size_t open = name.find('(');
        list += (list.empty() ? "" : ",\n") + bold(name.substr(0, open)) + name.substr(open);
    }
    return heading("SEE ALSO") + text(list);
}

// The first line, as a name's line wants it: "a worker that takes its time".
std::string summary_of(std::string_view description) {
    std::string out(description.substr(0, description.find('\n')));
    if (out.ends_with('.')) {
        out.pop_back();
    }
    if (!out.empty() && !out.starts_with("Steward")) {
        out.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(out.front())));
    }
    return out;
}

}  // namespace

std::string page_of(const CLI::App& program, const Page& page) {
    const std::string& name = program.get_name();
    const std::string description = program.get_description();
    const bool has_verbs = !verbs_of(program).empty();
    std::string out = beginning({name, page.section, summary_of(description)});
    out += heading("SYNOPSIS") +
           text(usage_of(program, name) +
                (has_verbs ? " " + italic("VERB") + " [" + italic("WORD") + "...]" : ""));
    out += heading("DESCRIPTION") + text(marked(description));
    out += heading("OPTIONS") + options_of(program, false);
    if (has_verbs) {
        out += heading("VERBS") + verbs_text(program, name);
    }
    return out + footer_text(program.get_footer()) + see_also_text(page.see_also);
}

void add_page(CLI::App& program, Page page) {
    program
        .add_flag_callback("--print-manual",
                           [&program, page = std::move(page)] {
                               throw CLI::CallForVersion(page_of(program, page),
                                                         CLI::ExitCodes::Success);
                           })
        ->group("");
}

std::string page_of_file(const std::string& name,
                         const std::string& summary,
                         const std::string& body,
                         const std::vector<std::string>& see_also) {
    return beginning({name, 5, summary}) + body + see_also_text(see_also);
}

}  // namespace steward::manual
