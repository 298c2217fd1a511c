#include "broker/app/given_up_notes.hpp"

#include <string>
#include <utility>

namespace steward::app {

void GivenUpNotes::take(base::MonoTime now,
                        const Outbox::GivenUp& given_up,
                        const PeerTable& peers,
                        const RightsTable& rights,
                        std::vector<core::Note>& notes) {
    if (now >= second_ends_) {
        if (untold_ > 0) {
            notes.push_back({core::Severity::Warning,
                             "peers_given_up",
                             {{"more", std::to_string(std::exchange(untold_, 0))}},
                             {}});
        }
        second_ends_ = now + std::chrono::seconds(1);
        told_ = 0;
    }
    if (told_ >= kPerSecond) {
        ++untold_;
        return;
    }
    ++told_;
    const PeerTable::Entry* entry = peers.find(given_up.peer);
    core::Note note{core::Severity::Warning, "peer_given_up", {}, {}};
    note.fields.emplace_back("peer", peers.text_of(given_up.peer));
    if (entry != nullptr) {
        note.fields.emplace_back("side", entry->side == Side::Frontend ? "clients" : "workers");
        if (const Rights* its = rights.of(entry->who); its != nullptr && !its->key.empty()) {
            note.fields.emplace_back("key", its->key);
        }
    }
    note.fields.emplace_back("why", "it reads too slowly");
    note.fields.emplace_back("messages_dropped", std::to_string(given_up.messages));
    note.fields.emplace_back("bytes", std::to_string(given_up.bytes));
    note.fields.emplace_back("limit", std::string(given_up.limit));
    notes.push_back(std::move(note));
}

}  // namespace steward::app
