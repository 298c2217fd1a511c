#include "common/posix/io_role.hpp"

namespace steward::posix {

// An alarm that is set already is not put off, which would be a system call each time: when it
// rings too early it is set again.
void IoRole::release(base::MonoTime now) {
    holder_ = Holder::Nobody;
    free_since_ = now;
    if (!is_alarm_set_) {
        is_alarm_set_ = true;
        alarm_->set(now + kPatience);
    }
}

void IoRole::call() {
    if (is_free() && !is_called_) {
        is_called_ = true;
        is_alarm_set_ = true;
        alarm_->set({});
    }
}

bool IoRole::take_over(base::MonoTime now) {
    is_alarm_set_ = false;
    if (!is_free()) {
        return false;
    }
    if (!is_called_ && now - free_since_ < kPatience) {
        is_alarm_set_ = true;
        alarm_->set(free_since_ + kPatience);
        return false;
    }
    is_called_ = false;
    holder_ = Holder::IoThread;
    return true;
}

}  // namespace steward::posix
