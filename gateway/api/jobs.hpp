// gateway/api: jobs over HTTP: submitted, called, looked at, changed.
#pragma once

#include <memory>

#include "gateway/api/call.hpp"

namespace steward::gateway {

class Desk;

// ---- submitting.cpp ----
void submit_jobs(Desk& desk, std::shared_ptr<Call> call);
void call_service(Desk& desk, std::shared_ptr<Call> call);

// ---- jobs.cpp ----
void list_jobs(Desk& desk, std::shared_ptr<Call> call);
void show_job(Desk& desk, std::shared_ptr<Call> call);
void explain_job(Desk& desk, std::shared_ptr<Call> call);
void show_result(Desk& desk, std::shared_ptr<Call> call);
void cancel_job(Desk& desk, std::shared_ptr<Call> call);
void retry_job(Desk& desk, std::shared_ptr<Call> call);
void discard_job(Desk& desk, std::shared_ptr<Call> call);
void edit_job(Desk& desk, std::shared_ptr<Call> call);
void cancel_jobs(Desk& desk, std::shared_ptr<Call> call);
void retry_jobs(Desk& desk, std::shared_ptr<Call> call);
void discard_jobs(Desk& desk, std::shared_ptr<Call> call);

}  // namespace steward::gateway
