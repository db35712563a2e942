#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bulk/entries.hpp"

/// A long JSON text in pieces, with memory for one piece at a time. What a piece says is not looked
/// at: it is parsed by itself.
namespace qp::bulk {

struct Piece {
  std::size_t number = 0;  ///< counted from 1
  std::uint64_t at = 0;    ///< its first byte
  Result<std::string> text;
};

class JsonPieces {
 public:
  enum class Of {
    Stream,      ///< JSON texts one after the other; the items of an array instead of an array
    Lines,       ///< one on each line; empty lines say nothing
    Collection,  ///< an object: the items of its arrays `orderedItems` and `items`
    /// The same, also where these are one item, or a list object, or in a page that is in there;
    /// and an array that stands for the object, or is its `data`.
    Pages,
  };
  JsonPieces(ByteReader read, Of of) : read_(std::move(read)), of_(of) {}

  /// None: there are no more. Where the text breaks off, or cannot be read, the last one says so.
  std::optional<Piece> next();
  /// Of a Collection: what was read of it but for its items, as an object.
  std::string head() const { return "{" + head_ + std::string(pages_, '}') + "}"; }
  /// Of a Stream: it is, or was so far, an array.
  bool is_array() const { return has_list_; }
  /// Of a Collection: there was a list in it so far, be it an empty one.
  bool has_list() const { return has_list_; }

 private:
  int peek();
  int take();
  int peek_after_space();
  std::optional<Piece> fail(Error error);
  std::optional<Piece> line();
  std::optional<Piece> stream();
  std::optional<Piece> text();
  void skip_line();
  bool breaks_off(int c);
  std::optional<Piece> collection();
  std::optional<Piece> item(char close);
  Result<std::string> value(std::size_t limit, std::string text = {}, std::size_t depth = 0);
  Result<void> string(std::string& out, std::size_t limit);
  Result<bool> member();
  Result<void> begin_member();
  bool begin_page(const std::string& key);
  bool are_items(std::string_view key, int begin) const;
  Result<void> begin_items();
  Result<void> end_items();
  Result<void> single_item();

  ByteReader read_;
  Of of_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::uint64_t before_ = 0;  ///< bytes of earlier buffers
  bool is_begun_ = false;
  std::optional<Error> trouble_;
  bool in_array_ = false, in_object_ = false, in_items_ = false, ended_ = false;
  bool is_first_member_ = false;
  bool is_wrapped_ = false;  ///< the list of items is a member of an object
  bool is_bare_ = false;     ///< it stands for the object
  bool has_list_ = false;
  std::size_t pages_ = 0;          ///< that are open in each other
  std::optional<Piece> one_item_;  ///< instead of a list
  bool had_lines_ = true;          ///< each of a Stream so far stood on one
  bool are_lines_ = false, is_at_line_ = false;
  std::size_t number_ = 0;
  std::string head_;
};

}  // namespace qp::bulk
