// broker/app: the table of settings as a whole.
#include "broker/app/options_parts.hpp"
#include "common/config/shared_file.hpp"

namespace steward::app {
namespace {

config::RowTable process_table(BrokerOptions& o) {
    return {.name = "process",
            .doc =
                "Programs for `bin/start`, `bin/stop` and `bin/status`. The broker does not "
                "start them.",
            .fields = {{.key = "name",
                        .target = &o.scratch.process.name,
                        .doc = "What the scripts call it: the name of its pid file and log.",
                        .is_required = true,
                        .min = 1,
                        .max = 64,
                        .check = &check_word},
                       {.key = "kind",
                        .target = &o.scratch.process.kind,
                        .doc = "Servers are started first and stopped last.",
                        .is_required = true,
                        .words = {"server", "worker"}},
                       {.key = "program",
                        .target = &o.scratch.process.program,
                        .doc = "The program.",
                        .is_required = true,
                        .min = 1,
                        .max = kPathBytesMax,
                        .check = &check_word},
                       {.key = "args",
                        .target = &o.scratch.process.args,
                        .doc = "Its arguments.",
                        .max = kPathBytesMax,
                        .check = &check_word}},
            .rows_max = 1'000,
            .clear = [&o] { o.processes.clear(); },
            .take = [&o] { o.processes.push_back(std::exchange(o.scratch.process, {})); },
            .show =
                [&o](std::size_t row) {
                    const bool is_there = row < o.processes.size();
                    o.scratch.process = is_there ? o.processes[row] : ProcessEntry();
                    return is_there;
                }};
}

}  // namespace

config::Schema schema_of(BrokerOptions& options) {
    config::Schema schema;
    schema.sections.push_back(broker_section(options));
    schema.sections.push_back(limits_section(options.policy.limits));
    schema.sections.push_back(journal_section(options));
    schema.sections.push_back(lifecycle_section(options));
    schema.tables.push_back(service_table(options));
    schema.tables.push_back(group_table(options));
    schema.tables.push_back(limit_table(options));
    schema.tables.push_back(schedule_table(options));
    schema.tables.push_back(process_table(options));
    schema.of_others = config::sections_of_others("steward-broker");
    return schema;
}

}  // namespace steward::app
