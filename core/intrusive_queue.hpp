// SPDX-License-Identifier: Apache-2.0
// A queue of things that already exist: linking and unlinking allocate nothing and cannot fail.
#pragma once

#include <spry/core/assert.hpp>

#include <cstddef>

namespace spry {

/// The link an element carries, as a base class. An element is in at most one queue, and asserts
/// that it is in none when it dies.
class queue_link {
public:
    queue_link() noexcept = default;
    queue_link(const queue_link&) = delete;
    queue_link& operator=(const queue_link&) = delete;
    ~queue_link() { SPRY_ASSERT(!is_linked()); }

    bool is_linked() const noexcept { return next_ != nullptr; }

private:
    template <class T>
    friend class intrusive_queue;

    queue_link* next_ = nullptr;
    queue_link* previous_ = nullptr;
};

/// First in, first out, with removal from the middle. Owns nothing: whoever owns the elements takes
/// them out before they or the queue die. `T` derives from `queue_link`.
template <class T>
class intrusive_queue {
public:
    intrusive_queue() noexcept { clear_ends(); }
    intrusive_queue(const intrusive_queue&) = delete;
    intrusive_queue& operator=(const intrusive_queue&) = delete;
    ~intrusive_queue() {
        SPRY_ASSERT(empty());
        ends_.next_ = nullptr;
    }

    bool empty() const noexcept { return ends_.next_ == &ends_; }
    std::size_t size() const noexcept { return size_; }

    void push_back(T& element) noexcept {
        queue_link& link = element;
        SPRY_ASSERT(!link.is_linked());
        link.previous_ = ends_.previous_;
        link.next_ = &ends_;
        ends_.previous_->next_ = &link;
        ends_.previous_ = &link;
        ++size_;
    }

    /// The longest-waiting element, or null.
    T* front() noexcept { return empty() ? nullptr : static_cast<T*>(ends_.next_); }

    /// The element behind `element`, or null at the end.
    T* next(T& element) noexcept {
        queue_link& link = element;
        return link.next_ == &ends_ ? nullptr : static_cast<T*>(link.next_);
    }

    T* pop_front() noexcept {
        T* first = front();
        if (first != nullptr)
            remove(*first);
        return first;
    }

    /// The element must be in this queue.
    void remove(T& element) noexcept {
        queue_link& link = element;
        SPRY_ASSERT(link.is_linked());
        link.previous_->next_ = link.next_;
        link.next_->previous_ = link.previous_;
        link.next_ = nullptr;
        link.previous_ = nullptr;
        --size_;
    }

    /// Moves all of `other` behind the last element.
    void append(intrusive_queue& other) noexcept {
        if (other.empty())
            return;
        ends_.previous_->next_ = other.ends_.next_;
        other.ends_.next_->previous_ = ends_.previous_;
        other.ends_.previous_->next_ = &ends_;
        ends_.previous_ = other.ends_.previous_;
        size_ += other.size_;
        other.clear_ends();
        other.size_ = 0;
    }

private:
    void clear_ends() noexcept { ends_.next_ = ends_.previous_ = &ends_; }

    queue_link ends_; // a ring through the queue itself, so that no case is special
    std::size_t size_ = 0;
};

} // namespace spry
