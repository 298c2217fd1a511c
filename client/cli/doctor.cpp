// client/cli: `steward doctor`: looks at an installation and says what to change.
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/doctor_look.hpp"
#include "client/cli/doctor_rules.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/table.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

using doctor::Finding;
using doctor::Level;

constexpr std::size_t kLevelColumns = 9;

Colour colour_of(Level level) {
    switch (level) {
        case Level::Fine: return Colour::Green;
        case Level::Advice: return Colour::Yellow;
        case Level::Problem: return Colour::Red;
    }
    return Colour::Plain;
}

void print_finding(Console& console, const Finding& finding) {
    const std::string level = doctor::name_of(finding.level);
    const std::string margin(kLevelColumns, ' ');
    console.out << painted(level, colour_of(finding.level), console.has_colours)
                << std::string(kLevelColumns - level.size(), ' ') << harmless(finding.about) << ": "
                << harmless(finding.what) << '\n';
    if (finding.level != Level::Fine) {
        console.out << margin << "why:  " << finding.why << '\n'
                    << margin << "type: " << harmless(finding.type) << '\n';
    }
}

nlohmann::json finding_json(const Finding& finding) {
    nlohmann::json document = {{"level", doctor::name_of(finding.level)},
                               {"about", finding.about},
                               {"what", finding.what}};
    if (finding.level != Level::Fine) {
        document["why"] = finding.why;
        document["type"] = finding.type;
    }
    return document;
}

int report_findings(Console& console, const Settings& settings, const doctor::Facts& facts) {
    int status = kSuccess;
    for (const Finding& finding : findings_of(facts)) {
        if (settings.as_json) {
            print_json(console, finding_json(finding));
        } else {
            print_finding(console, finding);
        }
        if (finding.level == Level::Problem) {
            status = kRefused;
        }
    }
    console.out << std::flush;
    return status;
}

}  // namespace

void add_doctor(CLI::App& program, Invocation& invocation) {
    auto place = std::make_shared<doctor::Place>();
    CLI::App& verb =
        add_verb(program,
                 invocation,
                 "doctor",
                 "Looks at this machine's installation and says what to change",
                 [place, &invocation](Console& console) {
                     return report_findings(
                         console, invocation.settings, doctor::look(*place, invocation.settings));
                 });
    verb.add_option("-c,--config", place->config, "the configuration of the installation")
        ->envname("STEWARD_CONFIG")
        ->capture_default_str();
    verb.add_flag("!--no-disk", place->measures_disk, "do not measure the disk's speed");
    verb.footer("Exit status: 0 nothing has to be changed, 4 something has.");
}

}  // namespace steward::cli
