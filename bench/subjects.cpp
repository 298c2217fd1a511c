// bench: who is measured, in the order of the tables.
#include "bench/frames/frames_subject.hpp"
#include "bench/peers/peer.hpp"
#include "bench/steward_subject.hpp"
#include "bench/subject.hpp"

namespace steward::bench {

std::vector<std::unique_ptr<Subject>> subjects() {
    std::vector<std::unique_ptr<Subject>> all;
    all.push_back(frames_subject(
        {.name = "forwarder", .title = "bare ROUTER–ROUTER forwarder (keeps nothing)"}));
    for (auto& peer : peers()) {
        all.push_back(subject_of(std::move(peer)));
        if (all.size() == 2) {  // behind the two that keep nothing
            all.push_back(steward_subject());
            all.push_back(steward_with_log());
        }
    }
    return all;
}

std::vector<std::unique_ptr<Subject>> old_dialect_subjects() {
    std::vector<std::unique_ptr<Subject>> all;
    all.push_back(frames_subject({.name = "forwarder-one",
                                  .title = "bare forwarder, one job a worker",
                                  .one_job_a_worker = true}));
    all.push_back(frames_subject({.name = "forwarder-frames",
                                  .title = "the same with the small frames of MDP/0.1",
                                  .dialect = "forwarder-frames",
                                  .one_job_a_worker = true}));
    for (const char* dialect : {"zmws1", "MDP/0.1", "MDP/0.2"}) {
        all.push_back(frames_subject(
            {.name = dialect, .title = std::string("Steward, ") + dialect, .dialect = dialect}));
    }
    return all;
}

}  // namespace steward::bench
