// broker/app: the table of settings as a whole.
#include "broker/app/options_parts.hpp"
#include "common/config/shared_file.hpp"

namespace steward::app {
config::Schema schema_of(BrokerOptions& options) {
    config::Schema schema;
    schema.sections.push_back(broker_section(options));
    schema.sections.push_back(security_section(options));
    schema.sections.push_back(limits_section(options.policy.limits));
    schema.sections.push_back(journal_section(options));
    schema.sections.push_back(lifecycle_section(options));
    schema.sections.push_back(audit_section(options));
    schema.tables.push_back(service_table(options));
    schema.tables.push_back(group_table(options));
    schema.tables.push_back(limit_table(options));
    schema.tables.push_back(schedule_table(options));
    schema.of_others = config::sections_of_others("steward-broker");
    return schema;
}

}  // namespace steward::app
