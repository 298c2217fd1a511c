// broker/app: what each verb of an Operate command makes of its arguments. Private to
// translate_request*.cpp. A fault stays in the arguments; what is given then is not used.
#pragma once

#include "broker/app/translate_arguments.hpp"
#include "broker/app/translate_zones.hpp"
#include "broker/core/request.hpp"

namespace steward::app {

// ---- translate_request_jobs.cpp ----
[[nodiscard]] core::Request read_cancel(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_retry(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_discard(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_purge(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_edit(Arguments& arguments, ZoneSource zones);

// ---- translate_request_services.cpp ----
[[nodiscard]] core::Request read_mode(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_limit_set(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_limit_remove(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_group_set(Arguments& arguments, ZoneSource zones);

// ---- translate_request_kept.cpp ----
[[nodiscard]] core::Request read_schedule_set(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_schedule_remove(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_batch_open(Arguments& arguments, ZoneSource zones);
[[nodiscard]] core::Request read_batch_close(Arguments& arguments, ZoneSource zones);

}  // namespace steward::app
