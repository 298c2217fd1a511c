// worker/exec: the command as it was configured, with places for what a job brings. Each word stays
// one argument whatever is put in: no shell reads it, so there is nothing to quote.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/expected.hpp"
#include "worker/job.hpp"

namespace steward::worker::exec {

/// {{params}}, {{params.KEY.KEY}}, {{params.KEY|OTHERWISE}}, {{params.KEY*}} as a word of its own,
/// {{id}}, {{attempt}}, {{service}}, {{meta.NAME}}, and {{open}} for two braces.
class Arguments {
public:
    /// Errors: BadConfig: no word, a placeholder that there is not, one in the first word.
    [[nodiscard]] static base::Expected<Arguments> parse(const std::vector<std::string>& words);

    /// Errors: BadParams: a param that is not there or cannot stand in an argument.
    [[nodiscard]] base::Expected<std::vector<std::string>> expand(const Job& job) const;

    [[nodiscard]] const std::string& program() const { return program_; }

private:
    struct Place {
        enum class What : std::uint8_t { Params, Meta, Id, Attempt, Service };
        What what = What::Params;
        std::string name;               // as written, for messages
        std::vector<std::string> path;  // of Params and Meta
        bool is_list = false;
        bool has_otherwise = false;
        std::string otherwise;
    };

    using Piece = std::variant<std::string, Place>;
    using Word = std::vector<Piece>;

    // What a job has for the places.
    struct Given {
        const Job& job;
        nlohmann::json params;
        std::map<std::string, std::string> meta;
    };

    [[nodiscard]] static base::Expected<Word> parse_word(std::string_view text);
    [[nodiscard]] static base::Expected<Piece> parse_place(std::string_view name);
    [[nodiscard]] static base::Expected<std::string> fill(const Place& place, const Given& given);
    [[nodiscard]] static base::Expected<std::string> fill(const Word& word, const Given& given);
    [[nodiscard]] static base::Expected<void> add_list(const Place& place,
                                                       const Given& given,
                                                       std::vector<std::string>& arguments);

    std::string program_;
    std::vector<Word> words_;  // behind the program
};

/// The params as a value. Opaque ones that are JSON text are read as that, others are a string.
/// Throws BadParams.
[[nodiscard]] nlohmann::json params_of(const Job& job);

}  // namespace steward::worker::exec
