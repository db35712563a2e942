#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

/// What quads cannot hold of a document (spec: jsonld.md section 7): nulls, empty arrays, arrays of
/// one, repeats, number spellings, keys that compaction would choose otherwise.
///
/// It is the difference between the document and what comes back from its quads (nest, compact,
/// to_wire_shape), found when the document is stored. So nothing can be lost by an omission of the
/// way back: what that fails to restore stands in the difference. Text that came back, under
/// whatever key and in whatever wrapping, does not stand in it.
namespace qp::jsonld {

/// The difference as a JSON value: null where there is none. Text is borrowed from both.
///
///     {"=": value}                          stands here instead
///     {"w": difference} {"u": difference}   array of one around it; the only item of this array
///     {"m": key, "d": difference}           what is under `key` of this object, in its place
///     {"i": key, "d": difference}           an object with nothing but this, under `key`
///     {"a": {"<index>": difference, ...}}   items of an array of the same length
///     {"k": [index or [value], ...]}        an array of these items of this one, and of new values
///     {"o": {"<key>": difference, ...},     members of an object: changed,
///      "r": {"<key>": [old key, difference], ...},                 renamed,
///      "-": ["<key>", ...], "+": {"<key>": value, ...}}            removed, added
json::Value difference(json::Value restored, json::Value original, json::Arena& arena);

/// `restored` with `difference` applied. What does not fit (the resource was changed since, or
/// this reader sees less of it) is left out: never an error.
json::Value apply_difference(json::Value restored, json::Value difference, json::Arena& arena);

/// The part of a difference that concerns the value of `key` in the root; null where there is none.
json::Value difference_at(json::Value difference, std::string_view key);

}  // namespace qp::jsonld
