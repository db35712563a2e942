#include "view/reader.hpp"

#include <algorithm>
#include <array>

#include "vocab/terms.hpp"

namespace qp::view {

bool Reader::is(std::string_view actor) const {
  return std::find(actors.begin(), actors.end(), actor) != actors.end();
}

Result<Sight> sight_of(const store::Txn& txn, const Reader& reader) {
  Sight sight;
  for (const std::string& actor : reader.actors) {
    if (const auto id = QP_TRY(txn.find_iri(actor))) sight.actors.push_back(*id);
  }
  std::vector<TermId> names = sight.actors;
  names.push_back(as::Public);
  sight.visible = QP_TRY(txn.visible_to(names));
  return sight;
}

Result<bool> is_author(const store::Txn& txn, TermId graph, const Sight& sight) {
  if (sight.visible.sees_everything()) return true;
  for (const TermId actor : sight.actors) {
    if (actor == graph) return true;
    for (const TermId property : std::array<TermId, 2>{as::actor, as::attributedTo}) {
      if (QP_TRY(txn.probe({graph, graph, property, actor}, {}))) return true;
    }
  }
  return false;
}

}  // namespace qp::view
