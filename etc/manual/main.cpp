// etc/manual: prints the page of steward.toml for `man`, from the tables of settings of all
// programs that read it. Used while building; not installed.
#include <cstdio>

#include "broker/app/options.hpp"
#include "common/manual/page.hpp"
#include "common/manual/roff.hpp"
#include "gateway/app/options.hpp"
#include "supervisor/app/settings.hpp"

int main() {
    using namespace steward;
    app::BrokerOptions broker;
    gateway::GatewayOptions gateway;
    supervisor::SupervisorSettings supervisor;
    const std::string body =
        manual::heading("DESCRIPTION") +
        manual::text(manual::marked(
            "One file in TOML for all programs; each reads its own sections and passes over the "
            "others.\nWhat is left out keeps its default.\nA key nobody knows, a wrong type, a "
            "missing unit or a value out of range is refused with its place; `--check-config` of "
            "each program looks only.")) +
        manual::paragraph(manual::marked(
            "Stronger than the file is the environment, and stronger still are flags.\nDurations "
            "and sizes have their unit: `\"250ms\"`, `\"5s\"`, `\"64MiB\"`.")) +
        manual::heading("BROKER") + app::schema_of(broker).manual() + manual::heading("GATEWAY") +
        gateway::schema_of(gateway).manual() + manual::heading("SUPERVISOR") +
        supervisor::schema_of(supervisor).manual();
    const std::string page = manual::page_of_file(
        "steward.toml",
        "settings of Steward's programs",
        body,
        {"steward(1)", "steward-broker(8)", "steward-gateway(8)", "steward-supervisor(8)"});
    return std::fputs(page.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? 0 : 1;
}
