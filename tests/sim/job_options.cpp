#include "tests/sim/job_options.hpp"

namespace steward::sim {
namespace {

void draw_group(Choices& choices, model::JobOptions& options) {
    switch (choices.below(5)) {
        case 0:
            options.group = "two-at-once";
            options.group_limit = 2;
            break;
        case 1:
            options.group = "slow";
            options.group_rate = model::Rate{40ms};
            break;
        case 2:
            options.group = "heavy";
            options.group_weight = 3;
            break;
        case 3: options.group = "light"; break;
        default: options.group = "other"; break;
    }
}

void draw_unique(Choices& choices, model::JobOptions& options) {
    if (!options.sync && choices.chance(1, 5)) {
        options.unique_params = true;
    } else {
        options.unique = choices.pick(unique_keys());
    }
    if (choices.chance(1, 2)) {
        options.unique_scope =
            choices.chance(1, 2) ? model::UniqueScope::Waiting : model::UniqueScope::Running;
    }
    options.on_duplicate = static_cast<model::OnDuplicate>(choices.below(3));
}

}  // namespace

const std::vector<std::string>& unique_keys() {
    static const std::vector<std::string> kKeys = {"one", "two", "three"};
    return kKeys;
}

const std::vector<std::string>& channels() {
    static const std::vector<std::string> kChannels = {"gpu", "eu"};
    return kChannels;
}

void draw_options(Stage& stage, model::JobOptions& options) {
    Choices& choices = stage.choices;
    if (stage.has(Fault::Groups) && choices.chance(1, 2)) {
        draw_group(choices, options);
    }
    if (stage.has(Fault::Channels) && choices.chance(1, 6)) {
        options.channel = choices.pick(channels());
    }
    if (stage.has(Fault::Unique) && options.channel.empty() && choices.chance(1, 4)) {
        draw_unique(choices, options);
    }
    if (stage.has(Fault::Dependencies) && !stage.known_jobs.empty() && choices.chance(1, 4)) {
        for (std::uint64_t count = 1 + choices.below(3); count > 0; --count) {
            options.after.push_back(choices.pick(stage.known_jobs));
        }
    }
    if (stage.has(Fault::FailingJobs) && choices.chance(1, 6)) {
        options.max_attempts = static_cast<std::uint32_t>(choices.between(1, 4));
        options.backoff = choices.between(Duration(1ms), Duration(200ms));
        options.backoff_max = *options.backoff * static_cast<int>(choices.between(1, 4));
    }
    if (choices.chance(1, 10)) {
        options.result_ttl = choices.between(Duration(0), Duration(5s));
    }
    if (choices.chance(1, 10)) {
        options.context = "context";
    }
}

}  // namespace steward::sim
