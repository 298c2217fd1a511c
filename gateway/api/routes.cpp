// gateway/api: the table of all paths but ZMWS's.
#include <array>

#include "gateway/api/following.hpp"
#include "gateway/api/jobs.hpp"
#include "gateway/api/monitor.hpp"
#include "gateway/api/router.hpp"
#include "gateway/api/services.hpp"
#include "gateway/api/visiting.hpp"
#include "gateway/api/web_session.hpp"

namespace steward::gateway {

namespace {

constexpr std::uint8_t kJobs = kRead | kSubmit;  // who submits may look at jobs

constexpr std::array kRoutes = {
    Route{Method::Post, "/v1/services/{service}/jobs", kSubmit, &submit_jobs},
    Route{Method::Post, "/v1/services/{service}/calls", kSubmit, &call_service},
    Route{Method::Get, "/v1/jobs", kRead, &list_jobs},
    Route{Method::Post, "/v1/jobs/cancel", kOperate, &cancel_jobs},
    Route{Method::Post, "/v1/jobs/retry", kOperate, &retry_jobs},
    Route{Method::Post, "/v1/jobs/discard", kOperate, &discard_jobs},
    Route{Method::Get, "/v1/jobs/{job}", kJobs, &show_job},
    Route{Method::Delete, "/v1/jobs/{job}", kOperate | kSubmit, &cancel_job},
    Route{Method::Patch, "/v1/jobs/{job}", kOperate, &edit_job},
    Route{Method::Get, "/v1/jobs/{job}/result", kJobs, &show_result},
    Route{Method::Get, "/v1/jobs/{job}/why", kJobs, &explain_job},
    Route{Method::Post, "/v1/jobs/{job}/retry", kOperate, &retry_job},
    Route{Method::Post, "/v1/jobs/{job}/discard", kOperate, &discard_job},
    Route{Method::Get, "/v1/services", kRead, &list_services},
    Route{Method::Get, "/v1/services/{service}", kRead, &show_service},
    Route{Method::Put, "/v1/services/{service}/mode", kOperate, &set_mode},
    Route{Method::Post, "/v1/services/{service}/purge", kOperate, &purge_service},
    Route{Method::Put, "/v1/modes", kOperate, &set_modes},
    Route{Method::Get, "/v1/workers", kRead, &list_workers},
    Route{Method::Get, "/v1/broker", kRead, &show_broker},
    Route{Method::Get, "/v1/groups", kRead, &list_groups},
    Route{Method::Put, "/v1/groups/{group}", kOperate, &set_group},
    Route{Method::Get, "/v1/limits", kRead, &list_limits},
    Route{Method::Put, "/v1/limits/{limit}", kOperate, &set_limit},
    Route{Method::Delete, "/v1/limits/{limit}", kOperate, &remove_limit},
    Route{Method::Get, "/v1/schedules", kRead, &list_schedules},
    Route{Method::Put, "/v1/schedules/{schedule}", kOperate, &set_schedule},
    Route{Method::Delete, "/v1/schedules/{schedule}", kOperate, &remove_schedule},
    Route{Method::Get, "/v1/batches", kRead, &list_batches},
    Route{Method::Post, "/v1/batches", kSubmit, &open_batch},
    Route{Method::Post, "/v1/batches/{batch}/close", kSubmit, &close_batch},
    Route{Method::Get, "/v1/jobs/{job}/events", kJobs, &follow_job},
    Route{Method::Get, "/v1/events", kRead, &follow_events},
    Route{Method::Get, "/v1/ws", kAllRoles, &open_web_session},
    Route{Method::Post, "/v1/session", 0, &open_session},
    Route{Method::Get, "/v1/session", 0, &show_session},
    Route{Method::Delete, "/v1/session", 0, &close_session},
    Route{Method::Get, "/v1/openapi.json", 0, &show_api, Exposure::Open},
    Route{Method::Get, "/metrics", kRead, &show_metrics},
    Route{Method::Get, "/healthz", 0, &show_health, Exposure::Open},
    Route{Method::Get, "/readyz", 0, &show_readiness, Exposure::Open},
    Route{Method::Get, "/", 0, &show_page, Exposure::Open},
    Route{Method::Get, "/ui/{hash}/{name}", 0, &show_page},
};

}  // namespace

std::span<const Route> all_routes() {
    return kRoutes;
}

}  // namespace steward::gateway
