#include "ap/edit.hpp"

#include <algorithm>
#include <array>

#include "ap/activity.hpp"
#include "ap/collection.hpp"
#include "ap/kept.hpp"
#include "ap/publish.hpp"
#include "ap/recipients.hpp"
#include "base/limits.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

bool is_addressing(TermId property) {
  return std::any_of(kAddressing.begin(), kAddressing.end(),
                     [property](const auto& one) { return property == one.second; });
}

/// What the server acts on or counts, beside what no Update changes either.
constexpr std::array kActedOn = {rdf::type,         as::object,     as::target,          as::items,
                                 as::inReplyTo,     as::totalItems, as::oneOf,           as::anyOf,
                                 toot::votersCount, as::published,  webfinger::webfinger};

bool is_untouchable(TermId property) {
  return is_kept(property) ||
         std::any_of(kActedOn.begin(), kActedOn.end(),
                     [property](const Word& word) { return property == word; });
}

/// What people voted for stays what it was.
Result<bool> is_option(const store::Txn& txn, const store::QuadIds& quad) {
  return QP_TRY(txn.probe({quad.g, {}, as::oneOf, quad.s}, {})) ||
         QP_TRY(txn.probe({quad.g, {}, as::anyOf, quad.s}, {}));
}

Result<bool> is_about(const store::Txn& txn, TermId subject, TermId graph) {
  if (subject == graph || rdf::is_blank(subject)) return true;
  const std::string resource(QP_TRY(txn.resolve(graph)).value);
  return QP_TRY(txn.resolve(subject)).value.starts_with(resource + "#");
}

}  // namespace

static Error too_large() {
  return error(Code::TooLarge, "The update makes more of it than a document may hold");
}

Result<void> Editor::admit(const store::QuadIds& quad) {
  const bool addresses = is_addressing(quad.p) && quad.s == quad.g;
  if (!actor_.empty()) {
    QP_TRY(admit_in_name(quad));
  } else if (is_untouchable(quad.p)) {
    for (const TermId about : {quad.g, quad.s}) {
      if (!rdf::is_iri(about)) continue;
      if (QP_TRY(find_collection(txn_, QP_TRY(txn_.resolve(about)).value))) {
        return error(Code::Forbidden, "the members of a collection are kept by the server");
      }
    }
  }
  if (addresses) readdressed_.insert(quad.g);
  return {};
}

Result<void> Editor::admit_in_name(const store::QuadIds& quad) {
  if (!QP_TRY(is_open(quad.g))) {
    return error(Code::Forbidden, "Only what your actor wrote, and its profile, can be changed");
  }
  if (is_addressing(quad.p) || is_untouchable(quad.p)) {
    const std::string word(QP_TRY(txn_.resolve(quad.p)).value);
    return error(Code::Forbidden, "<" + word + "> is changed by activities only");
  }
  if (!QP_TRY(is_about(txn_, quad.s, quad.g))) {
    return error(Code::Forbidden, "A graph speaks of its own resource only");
  }
  if (QP_TRY(is_option(txn_, quad))) {
    return error(Code::Forbidden, "The answers of a poll stay what people voted for");
  }
  // In and out.
  if (++changed_[quad.g] > 2 * limits::kQuadsPerDocument) return too_large();
  return {};
}

/// No larger than what a document could have made of it.
Result<void> Editor::check_size(TermId graph) {
  const auto record = QP_TRY(txn_.graph(graph));
  if (!record) return {};
  if (record->quads > limits::kQuadsPerDocument) return too_large();
  std::size_t bytes = 0;
  std::vector<TermId> objects;
  QP_TRY(txn_.scan({.g = graph}, {}, [&](const store::OrderedQuad& quad) {
    objects.push_back(quad.quad.o);
    return true;
  }));
  for (const TermId object : objects) {
    const std::size_t size = QP_TRY(txn_.resolve(object)).value.size();
    bytes += size;
    if (size > limits::kJsonStringBytes || bytes > limits::kBodyBytes) return too_large();
  }
  return {};
}

/// An object that is there, or the actor itself; no activity, no collection, no Tombstone.
Result<bool> Editor::is_open(TermId graph) {
  if (open_.contains(graph)) return true;
  const std::string iri(QP_TRY(txn_.resolve(graph)).value);
  const auto record = QP_TRY(txn_.graph(graph));
  if (!record || record->kind != store::GraphKind::Source || !QP_TRY(is_local(txn_, iri))) {
    return false;
  }
  if (!QP_TRY(values_of(txn_, iri, as::actor)).empty()) return false;
  if (QP_TRY(find_collection(txn_, iri))) return false;
  if (!contains(QP_TRY(owners_of(txn_, iri)), actor_)) return false;
  open_.insert(graph);
  return true;
}

Result<void> Editor::begin(TermId graph) { return note_edit(txn_, graph, provenance_); }

/// Who may read it, and see it listed, as write_document's callers have it.
Result<void> Editor::readdress(TermId graph) {
  const auto record = QP_TRY(txn_.graph(graph));
  if (!record || record->document == TermId::None) return {};
  const std::string iri(QP_TRY(txn_.resolve(graph)).value);
  const std::vector<std::string> owners = QP_TRY(owners_of(txn_, iri));
  std::vector<std::string> readers = owners;
  for (const auto& [name, property] : kAddressing) {
    for (std::string& one : QP_TRY(values_of(txn_, iri, property))) {
      if (!contains(readers, one)) readers.push_back(std::move(one));
    }
  }
  const std::string blocked = owners.empty() ? "" : collection_of(owners.front(), Role::Blocked);
  const auto audience = QP_TRY(audience_of(txn_, readers, blocked));
  QP_TRY(txn_.set_audience(graph, audience));
  for (const TermId sequence : QP_TRY(txn_.sequences_of(graph))) {
    const auto item = QP_TRY(txn_.sequence_item(sequence, graph));
    // An inbox shows its items to its owner only, whoever they are addressed to.
    if (!item || item->audience != record->audience) continue;
    QP_TRY(txn_.sequence_remove(sequence, graph));
    QP_TRY(txn_.sequence_append(sequence, graph, audience, item->key));
  }
  return {};
}

Result<void> Editor::end(TermId graph) {
  if (!actor_.empty()) QP_TRY(check_size(graph));
  if (readdressed_.contains(graph)) QP_TRY(readdress(graph));
  return drop_rendered(txn_, std::string(QP_TRY(txn_.resolve(graph)).value));
}

}  // namespace qp::ap
