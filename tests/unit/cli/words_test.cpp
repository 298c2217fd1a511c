// tests: small readers of words.
#include "client/cli/words.hpp"

#include <doctest/doctest.h>

namespace steward::cli {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST_CASE("Lists have commas between, and empty words are none") {
    CHECK(words_between_commas(Words{"a,b", "c"}) == Words{"a", "b", "c"});
    CHECK(words_between_commas(Words{",a,,", "", ","}) == Words{"a"});
    CHECK(words_between_commas(Words{}).empty());
}

TEST_CASE("Ids are read or refused as a whole") {
    const model::JobId first{1, 1};
    const model::JobId second{1, 2};
    CHECK(ids_of(Words{first.text() + "," + second.text()}).value() ==
          std::vector<model::JobId>{first, second});
    CHECK(ids_of(Words{first.text(), "nonsense"}).error().code == base::Errc::Malformed);
}

TEST_CASE("Times name their flag when they are none") {
    CHECK(time_of("--x", "1.5s").value() == 1500ms);
    CHECK(time_of("--x", "0").value() == 0s);
    CHECK(time_of("--x", "soon").error().message.find("--x soon") == 0);
}

TEST_CASE("States go by their names, and a wrong one is told those there are") {
    CHECK(states_of(Words{"ready,dead", "blocked"}).value() ==
          std::vector<model::JobState>{
              model::JobState::Ready, model::JobState::Dead, model::JobState::Blocked});
    const auto wrong = states_of(Words{"waiting"});
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().code == base::Errc::BadOption);
    CHECK(wrong.error().message.find("ready") != std::string::npos);
    CHECK(wrong.error().message.find("blocked") != std::string::npos);
}

TEST_CASE("Counts agree with their noun") {
    CHECK(counted(0, "job") == "0 jobs");
    CHECK(counted(1, "job") == "1 job");
    CHECK(counted(2, "job") == "2 jobs");
}

}  // namespace steward::cli
