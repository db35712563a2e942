#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "rdf/term.hpp"
#include "store/store.hpp"

/// What RDF may not change: it comes without anybody who could vouch for it.
namespace qp::bulk {

/// The layer above knows what the server keeps itself.
struct RdfRules {
  /// An actor that lives here, or a collection. Empty: there is none.
  std::function<Result<bool>(const store::Txn& txn, std::string_view iri)> is_kept{};
};

enum class Fate { Add, Here, Refuse };
/// `reason` is of a Refuse.
struct Verdict {
  Fate fate = Fate::Add;
  std::string_view reason{};
};

/// Decides about quads of one transaction, or of one load. What is there already is Here; refused
/// is what would change a graph that came from a document, an actor that lives here, the members of
/// a collection or the key of somebody who is known.
class RdfGuard {
 public:
  explicit RdfGuard(const RdfRules& rules) : rules_(rules) {}

  /// `quad` are the words of `ids`; a blank node that the store does not have is None.
  Result<Verdict> judge(const store::Txn& txn, const store::QuadIds& ids,
                        const rdf::QuadView& quad);

 private:
  Result<bool> is_kept(const store::Txn& txn, std::string_view iri) const;
  Result<Verdict> of_graph(const store::Txn& txn, TermId graph, std::string_view name) const;
  /// None, or why nothing may be added to the members or keys of the quad's subject.
  Result<std::string_view> trouble_of_subject(const store::Txn& txn, const store::QuadIds& ids,
                                              const rdf::QuadView& quad) const;

  const RdfRules& rules_;
  TermId graph_ = TermId::None;  ///< the last one, and what holds for it
  Verdict verdict_;
};

}  // namespace qp::bulk
