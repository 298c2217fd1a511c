#include "client/cli/words.hpp"

#include <utility>

#include "common/wire/params.hpp"

namespace steward::cli {

std::vector<std::string> words_between_commas(std::span<const std::string> words) {
    std::vector<std::string> parts;
    for (const std::string& word : words) {
        std::size_t begin = 0;
        while (begin <= word.size()) {
            const std::size_t end = std::min(word.find(',', begin), word.size());
            if (end > begin) {
                parts.push_back(word.substr(begin, end - begin));
            }
            begin = end + 1;
        }
    }
    return parts;
}

base::Expected<std::vector<model::JobId>> ids_of(std::span<const std::string> words) {
    std::vector<model::JobId> ids;
    for (const std::string& word : words_between_commas(words)) {
        auto id = model::JobId::parse(word);
        if (!id) {
            return base::Unexpected(std::move(id.error()));
        }
        ids.push_back(*id);
    }
    return ids;
}

base::Expected<base::Duration> time_of(std::string_view flag, const std::string& text) {
    auto time = wire::parse_duration(text);
    if (!time) {
        return base::fail(
            base::Errc::BadOption,
            std::string(flag) + " " + text + " is no duration: write 250ms, 30s, 5min or 1h");
    }
    return time;
}

base::Expected<std::vector<model::JobState>> states_of(std::span<const std::string> words) {
    std::vector<model::JobState> states;
    for (const std::string& word : words_between_commas(words)) {
        const auto state = model::state_named(word);
        if (!state) {
            std::string known;
            for (std::size_t i = 0; i < model::kJobStates; ++i) {
                known += i == 0 ? "" : ", ";
                known += model::name_of(static_cast<model::JobState>(i));
            }
            return base::fail(base::Errc::BadOption,
                              "--state " + word + " is no state of a job; there are " + known);
        }
        states.push_back(*state);
    }
    return states;
}

std::string counted(std::uint64_t count, std::string_view what) {
    std::string text = std::to_string(count) + " ";
    text += what;
    return count == 1 ? text : text + "s";
}

}  // namespace steward::cli
