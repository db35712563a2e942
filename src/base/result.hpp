#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace qp {

/// What a caller can act on. `web/problem` maps each to one HTTP status.
enum class Code {
  BadInput,         ///< malformed, or against a specification: the sender can mend it
  TooLarge,         ///< over a limit of base/limits.hpp
  Unauthenticated,  ///< no credentials, or none that hold
  Forbidden,        ///< known who asks, and it may not
  NotFound,         ///< nothing there, or nothing this reader may know of
  Gone,             ///< was there, is deleted
  Conflict,         ///< is there already, or changed meanwhile
  UnsupportedType,  ///< a media type that is not read here
  NotAcceptable,    ///< a media type that is not written here
  TooMany,          ///< a rate limit
  Unavailable,      ///< try again later: queue full, shutting down, disk full
  Network,          ///< a peer did not answer as it should
  Storage,          ///< the store could not do it; nothing was written
  Internal,         ///< a defect of ours
};

/// Expected trouble, as a value.
struct Error {
  Code code = Code::Internal;
  /// What the operator needs: which IRI, which step, which limit. For the log; never sent out.
  std::string detail;
  /// What may be told to whoever asked. Empty: the code's own sentence is said instead.
  std::string message;
};

/// Trouble that the sender may be told of in the very words of the log.
inline Error bad_input(std::string what) { return Error{Code::BadInput, what, std::move(what)}; }
inline Error error(Code code, std::string what) { return Error{code, what, std::move(what)}; }

/// A value, or the Error that stood in its way. The spelling is that of std::expected.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  T& value() & {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const& { return has_value() ? value() : std::move(other); }
  Error& error() & {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const { assert(has_value()); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

namespace detail {
inline void take(Result<void>&&) {}
template <class T>
T take(Result<T>&& result) {
  return std::move(result).value();
}
}  // namespace detail

/// The value of `expression`; its Error is returned from the enclosing function.
/// Not behind another member in a braced initialiser: g++ 12 does not destroy what was made before.
#define QP_TRY(expression) QP_TRY_NAMED(expression, QP_TRY_JOIN(qp_result_, __COUNTER__))
#define QP_TRY_JOIN(a, b) QP_TRY_JOIN_AGAIN(a, b)
#define QP_TRY_JOIN_AGAIN(a, b) a##b
#define QP_TRY_NAMED(expression, name)                      \
  __extension__({                                           \
    auto name = (expression);                               \
    if (!name) return ::qp::Error(std::move(name).error()); \
    ::qp::detail::take(std::move(name));                    \
  })

}  // namespace qp
