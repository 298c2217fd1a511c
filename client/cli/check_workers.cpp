#include "client/cli/check_workers.hpp"

#include <algorithm>

#include "common/base/bytes.hpp"

namespace steward::cli {
namespace {

using base::Errc;

bool is_of_all(const Watched& watched) {
    return watched.counter == "workers" || watched.counter == "answered";
}

// Adds one worker's counters to those of all.
void add_to(std::vector<wire::Counter>& sums, const wire::Check& check) {
    for (const wire::Counter& counter : check.counters) {
        const auto found = std::ranges::find(sums, counter.name, &wire::Counter::name);
        if (found == sums.end()) {
            sums.push_back(counter);
        } else if (counter.name == "uptime") {
            found->value = std::min(found->value, counter.value);
        } else {
            found->value += counter.value;
            const bool both = found->maximum && counter.maximum;
            found->maximum =
                both ? std::optional(*found->maximum + *counter.maximum) : std::nullopt;
        }
    }
}

// What is wrong with a worker, by its own counters.
Judgement judge_one(const wire::Check& check, const std::vector<Watched>& watched) {
    std::vector<Watched> own;
    std::ranges::copy_if(
        watched, std::back_inserter(own), [](const Watched& one) { return !is_of_all(one); });
    return judge(check, own);
}

// "STEWARD CRITICAL - memory is 9; 1 of 1 at work | …" without what stands around it.
std::string why_of(const Judgement& judgement) {
    const std::size_t begin = judgement.line.find(" - ") + 3;
    return judgement.line.substr(begin, judgement.line.find(" | ") - begin);
}

// Critical is worse than Unknown, which is worse than Warning.
int badness(Verdict verdict) {
    switch (verdict) {
        case Verdict::Ok: return 0;
        case Verdict::Warning: return 1;
        case Verdict::Unknown: return 2;
        case Verdict::Critical: break;
    }
    return 3;
}

}  // namespace

std::vector<ListedWorker> workers_in(const nlohmann::json& report) {
    std::vector<ListedWorker> workers;
    for (const nlohmann::json& row : report) {
        const auto text = [&](const char* name) {
            const auto found = row.find(name);
            return found != row.end() && found->is_string() ? found->get<std::string>() : "";
        };
        if (row.is_object() && !text("workerid").empty()) {
            workers.push_back({text("workerid"), text("name")});
        }
    }
    return workers;
}

base::Expected<ListedWorker> worker_called(const std::vector<ListedWorker>& workers,
                                           std::string_view text) {
    std::vector<ListedWorker> found;
    for (const ListedWorker& worker : workers) {
        const std::string last = worker.name.substr(worker.name.rfind(' ') + 1);
        if (worker.id == text) {
            return worker;
        }
        if (worker.name == text || last == text) {
            found.push_back(worker);
        }
    }
    if (found.size() == 1) {
        return found.front();
    }
    if (found.empty()) {
        return base::fail(Errc::UnknownName,
                          "the broker has no worker \"" + base::printable(text) +
                              "\"; \"steward workers\" lists them");
    }
    return base::fail(Errc::BadOption,
                      std::to_string(found.size()) + " workers are called \"" +
                          base::printable(text) + "\"; an id names one");
}

Judgement judge_workers(std::string_view service,
                        const std::vector<WorkerAnswer>& answers,
                        std::size_t workers,
                        const std::vector<Watched>& watched) {
    wire::Check all;
    std::vector<wire::Counter> sums;
    Verdict worst = workers == 0 ? Verdict::Critical : Verdict::Ok;
    std::size_t answered = 0;
    std::size_t speechless = 0;
    std::string why;
    const auto blame = [&](const WorkerAnswer& one, Verdict verdict, const std::string& what) {
        worst = badness(verdict) > badness(worst) ? verdict : worst;
        why += one.worker.name + ": " + what + "; ";
    };
    for (const WorkerAnswer& one : answers) {
        if (one.answer) {
            ++answered;
            add_to(sums, *one.answer);
            const Judgement judged = judge_one(*one.answer, watched);
            if (judged.verdict != Verdict::Ok) {
                blame(one, judged.verdict, why_of(judged));
            }
        } else if (one.answer.error().code == Errc::UnknownCommand) {
            ++speechless;
        } else {
            blame(one, Verdict::Critical, one.answer.error().message);
        }
    }
    if (answered == 0 && worst == Verdict::Ok) {
        worst = Verdict::Unknown;
    }
    all.text = workers == 0 ? "nobody serves " + std::string(service)
                            : why + std::to_string(answered) + " of " + std::to_string(workers) +
                                  " workers of " + std::string(service) + " answer";
    if (speechless != 0) {
        all.text += ", " + std::to_string(speechless) + " cannot";
    }
    if (workers > answers.size()) {
        all.text += ", " + std::to_string(workers - answers.size()) + " were not asked";
    }
    all.counters = {
        {"workers", static_cast<double>(workers)},
        {"answered", static_cast<double>(answered), "", 0, static_cast<double>(workers)}};
    all.counters.insert(all.counters.end(), sums.begin(), sums.end());
    std::vector<Watched> of_all;
    std::ranges::copy_if(watched, std::back_inserter(of_all), &is_of_all);
    Judgement result = judge(all, of_all);
    if (badness(worst) > badness(result.verdict)) {
        const std::string was = "STEWARD " + std::string(name_of(result.verdict));
        result.line.replace(0, was.size(), "STEWARD " + std::string(name_of(worst)));
        result.verdict = worst;
    }
    return result;
}

}  // namespace steward::cli
