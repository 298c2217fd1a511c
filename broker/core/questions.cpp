// broker/core: what is asked of workers by way of the broker, and what they answer.
#include "broker/core/state.hpp"

namespace steward::core {

using base::Errc;

void State::on(AskWorker& ask) {
    const WorkerHandle handle = workers_.find(ask.worker);
    if (!handle.names_something()) {
        refuse(ask.from,
               {},
               {Errc::UnknownName, "no worker has this id; \"workers\" lists those there are", {}});
        return;
    }
    const Worker& worker = workers_.map.at(handle);
    if (!worker.can_be_asked) {
        refuse(ask.from,
               {},
               {Errc::UnknownCommand,
                "this worker speaks " + worker.name + ", which has no words for questions",
                {}});
        return;
    }
    if (questions_.size() >= kQuestionsMax) {
        refuse(ask.from,
               {},
               {Errc::TooManyWaiters,
                std::to_string(kQuestionsMax) +
                    " questions wait for answers of workers, as many as may at once",
                std::chrono::seconds(1)});
        return;
    }
    const auto question = questions_.emplace(OpenQuestion{ask.from, ask.worker});
    questions_.at(question).timer =
        timers_.arm(now_.mono + kQuestionPatience, {Timer::Kind::Question, question});
    send(worker.address, Ask{question.number(), ask.what, ask.privileged});
}

// From somebody else than who was asked, or too late, it says nothing.
void State::on(Told& told) {
    if (!worker_of(told.from, told.form).names_something()) {
        return;
    }
    const auto handle = questions_.handle_of(told.number);
    OpenQuestion* const question = questions_.find(handle);
    if (question == nullptr || question->worker != told.from) {
        return;
    }
    if (told.answer.empty()) {
        end_question(handle, {Errc::UnknownCommand, "the worker does not know this question", {}});
    } else if (told.answer.size() > kAnswerBytesMax) {
        end_question(
            handle,
            {Errc::TooLarge,
             "the worker answered " + std::to_string(told.answer.size()) +
                 " bytes, more than the " + std::to_string(kAnswerBytesMax) + " that are passed on",
             {}});
    } else {
        send(question->from, WorkerSays{std::move(told.answer)});
        timers_.cancel(question->timer);
        questions_.erase(handle);
    }
}

void State::on_question_timer(QuestionMap::HandleType handle) {
    questions_.at(handle).timer = base::TimerHeap<Timer>::kNone;
    end_question(handle,
                 {Errc::Timeout,
                  "the worker has not answered for " +
                      std::to_string(kQuestionPatience / std::chrono::seconds(1)) +
                      " s; a library of an earlier version cannot",
                  {}});
}

void State::end_question(QuestionMap::HandleType handle, base::Error why) {
    OpenQuestion& question = questions_.at(handle);
    refuse(question.from, {}, std::move(why));
    timers_.cancel(question.timer);
    questions_.erase(handle);
}

// Its worker is gone.
void State::drop_questions(Peer worker) {
    for (std::uint32_t slot = 0; questions_.size() > 0 && slot < questions_.slots(); ++slot) {
        const auto handle = questions_.handle_at(slot);
        if (handle.names_something() && questions_.at(handle).worker == worker) {
            end_question(handle, {Errc::WorkerLost, "the worker left before it answered", {}});
        }
    }
}

}  // namespace steward::core
