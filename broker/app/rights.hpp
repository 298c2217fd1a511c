// broker/app: what the sender of a message may do: the grants of his key, asked for each command.
// Knows no message, sends nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/core.hpp"
#include "broker/core/input.hpp"
#include "common/access/grants.hpp"
#include "common/access/principal.hpp"

namespace steward::app {

/// A key that may come in, and its owner's name: several keys may have the same.
struct KeyGrants {
    access::PrincipalId id;
    std::string name;  // not empty
    access::Grants grants;
};

/// What one key may do. Each admit() makes what is asked the key's own, and gives what is missing:
/// the grant in the words of the key's file, or nothing.
struct Rights {
    std::string key;
    access::Grants grants;
    core::Asker asker{core::kNobody, false};
    bool is_known = false;  // false: such a key may not come in (any more)

    /// Puts the job where the key is bound to.
    [[nodiscard]] std::string admit(model::JobSpec& spec) const;
    /// One that asks about a service it may not know is asked about none.
    [[nodiscard]] std::string admit(core::Query& query) const;
    [[nodiscard]] std::string admit(core::Operator& request) const;
    [[nodiscard]] std::string admit(const core::AskWorker& ask) const;
    [[nodiscard]] std::string admit(core::Ready& ready) const;

    void set_grants(access::Grants given);
};

/// The rights of all keys.
///
/// Thread: the loop's.  Cost: of() O(1).
/// Bound: as the numbers of keys; what was given once stays, so that references to it do.
class RightsTable {
public:
    /// From now on these keys may come in, and no others.
    /// Errors: TooManyNames: the core knows too many owners; nothing has changed then.
    [[nodiscard]] base::Expected<void> set(const std::vector<KeyGrants>& keys, core::Core& core);

    /// Null for kAnonymous: everything. Of a key that may not come in: rights that allow nothing.
    [[nodiscard]] const Rights* of(access::PrincipalId who) const {
        return who == access::kAnonymous       ? nullptr
               : who.value < by_number_.size() ? by_number_[who.value].get()
                                               : &none_;
    }

private:
    std::vector<std::unique_ptr<Rights>> by_number_;  // no null
    Rights none_;
};

}  // namespace steward::app
