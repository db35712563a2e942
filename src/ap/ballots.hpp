#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "store/store.hpp"

/// Who voted in a Question, and how often each of its options was chosen: rows of kVotes, and
/// numbers in the Question's graph (vote.hpp says which votes count).
namespace qp::ap {

struct Ballot {
  std::string question, option, voter;  ///< IRI, name, IRI
  std::string activity;                 ///< the vote's IRI
};

/// One of the things that may be chosen.
struct Option {
  bool is_exclusive = false;  ///< of oneOf
  TermId node{};
  TermId replies{};  ///< its collection of votes; None: it has none
};
/// By one of its names.
Result<std::optional<Option>> find_option(const store::Txn& txn, TermId question,
                                          std::string_view name);

/// False: it has been counted, or the voter has voted and may do so once.
Result<bool> count(store::WriteTxn& txn, const Ballot& ballot, const Option& option);

/// IRIs.
Result<std::vector<std::string>> voters_of(const store::Txn& txn, std::string_view question);

/// The votes of all Questions, for an archive: each line is a Question with the numbers that it has
/// now and some of its votes, as Creates in its `replies`. `votes`: how many.
using WriteVotes = std::function<Result<void>(const std::string& line, std::size_t votes)>;
Result<void> export_votes(const store::Txn& txn, const WriteVotes& write);
/// Those in one of them.
Result<void> export_votes_in(const store::Txn& txn, TermId question, const WriteVotes& write);

/// Such a line back, where the Question came by an import; a number that is higher here stays.
/// Counting goes on from there. What the server's own actors ask is left as it is. BadInput,
/// NotFound: it is no such line, or of nothing that is here.
Result<void> import_votes(store::WriteTxn& txn, json::Value line);

}  // namespace qp::ap
