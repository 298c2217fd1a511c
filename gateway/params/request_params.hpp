// gateway/params: what a request brings for a job, as the job's params. PHP's serialized form is
// never taken from the web and never made for it.
#pragma once

#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "gateway/message/message.hpp"
#include "gateway/params/form.hpp"

namespace steward::gateway {

/// On ZMWS's door (/SERVICE?k=v): always JSON, or Absent when nothing was given.
///
/// `query`: the pairs that are params, without what is meant for the gateway (door_query.hpp). The
/// body by its Content-Type: a urlencoded form, a multipart form, JSON or msgpack; a form that is
/// JSON of an object or array is that JSON, for `curl -d '{…}'` calls it a form. Anything else is
/// JSON where it reads as that, else one string, {"base64": "…"} when it is no UTF-8. Query and
/// body are one object when the body is one; a name in both is the query's, as ZMWS had it.
///
/// Takes the body out of the request. JSON without a query stays what it is, byte for byte.
/// Errors: BadParams, with the place; also a query beside a body that is no object; TooLarge.
[[nodiscard]] base::Expected<model::Payload> door_params_of(Request& request, const Pairs& query);

/// A body that is a job's params by itself.
struct JobBody {
    model::Payload params;
    std::string content_type;  // of Opaque ones: as it was sent, for the job's meta
};

/// For POST …/jobs and …/calls: JSON stays JSON and msgpack stays msgpack, both checked, every
/// other content type is Opaque and untouched. No body is Absent.
///
/// Takes the body out of the request. Errors: BadParams, with the place; TooLarge for a content
/// type of more than kContentTypeBytesMax.
[[nodiscard]] base::Expected<JobBody> job_body_of(Request& request);

}  // namespace steward::gateway
