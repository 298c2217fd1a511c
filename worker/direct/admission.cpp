#include "worker/direct/admission.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "common/keys/own_key.hpp"

namespace steward::worker {

base::Expected<std::unique_ptr<Admission>> Admission::open(net::Context& context,
                                                           const AdmissionFiles& files) {
    auto own = keys::server_keys(files.key);
    if (!own) {
        return base::Unexpected(std::move(own.error()));
    }
    auto zap = net::ZapHandler::open(context);
    if (!zap) {
        return base::Unexpected(std::move(zap.error()));
    }
    std::unique_ptr<Admission> admission(new Admission(std::move(*own), std::move(*zap)));
    if (auto read = admission->read(files.clients); !read) {
        return base::Unexpected(std::move(read.error()));
    }
    return admission;
}

base::Expected<void> Admission::read(const std::string& folder) {
    auto clients = keys::read_client_keys(folder);
    if (!clients) {
        return base::Unexpected(std::move(clients.error()));
    }
    for (const keys::ClientKey& client : *clients) {
        if (auto grants = access::Grants::from(client.grants); !grants) {
            grants.error().message = client.file + ": " + grants.error().message;
            return base::Unexpected(std::move(grants.error()));
        }
    }
    if (auto set = principals_.set(std::move(*clients), ::geteuid()); !set) {
        return set;
    }
    principals_.visit([&](keys::PrincipalId id, const keys::ClientKey& client) {
        rights_.resize(std::max<std::size_t>(rights_.size(), id.value + 1));
        rights_[id.value] =
            MasterRights{client.name,
                         id == keys::kOwner ? access::Grants::all()
                                            : access::Grants::from(client.grants).value()};
    });
    return {};
}

void Admission::answer() {
    zap_.answer([this](const net::ZapQuestion& asked) -> net::ZapVerdict {
        if (const auto id = principals_.of_key(asked.public_key)) {
            return {id->value, true};
        }
        if (refusals_.size() < kRefusalsMax) {
            refusals_.push_back(asked);
        }
        return {};
    });
}

std::optional<std::uint32_t> Admission::of_user(std::uint32_t user) const {
    const auto id = principals_.of_user(user);
    return id ? std::optional(id->value) : std::nullopt;
}

const MasterRights* Admission::rights_of(std::uint32_t number) const {
    return number < rights_.size() && rights_[number] ? &*rights_[number] : nullptr;
}

std::vector<net::ZapQuestion> Admission::take_refusals() {
    return std::exchange(refusals_, {});
}

}  // namespace steward::worker
