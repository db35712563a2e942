#include "jsonld/errors.hpp"

namespace qp::jsonld {

std::string_view error_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::CollidingKeywords:
      return "colliding keywords";
    case ErrorCode::ConflictingIndexes:
      return "conflicting indexes";
    case ErrorCode::ContextOverflow:
      return "context overflow";
    case ErrorCode::CyclicIriMapping:
      return "cyclic IRI mapping";
    case ErrorCode::InvalidBaseDirection:
      return "invalid base direction";
    case ErrorCode::InvalidBaseIri:
      return "invalid base IRI";
    case ErrorCode::InvalidContainerMapping:
      return "invalid container mapping";
    case ErrorCode::InvalidContextEntry:
      return "invalid context entry";
    case ErrorCode::InvalidContextNullification:
      return "invalid context nullification";
    case ErrorCode::InvalidDefaultLanguage:
      return "invalid default language";
    case ErrorCode::InvalidEmbedValue:
      return "invalid @embed value";
    case ErrorCode::InvalidFrame:
      return "invalid frame";
    case ErrorCode::InvalidIdValue:
      return "invalid @id value";
    case ErrorCode::InvalidImportValue:
      return "invalid @import value";
    case ErrorCode::InvalidIncludedValue:
      return "invalid @included value";
    case ErrorCode::InvalidIndexValue:
      return "invalid @index value";
    case ErrorCode::InvalidIriMapping:
      return "invalid IRI mapping";
    case ErrorCode::InvalidJsonLiteral:
      return "invalid JSON literal";
    case ErrorCode::InvalidKeywordAlias:
      return "invalid keyword alias";
    case ErrorCode::InvalidLanguageMapValue:
      return "invalid language map value";
    case ErrorCode::InvalidLanguageMapping:
      return "invalid language mapping";
    case ErrorCode::InvalidLanguageTaggedString:
      return "invalid language-tagged string";
    case ErrorCode::InvalidLanguageTaggedValue:
      return "invalid language-tagged value";
    case ErrorCode::InvalidLocalContext:
      return "invalid local context";
    case ErrorCode::InvalidNestValue:
      return "invalid @nest value";
    case ErrorCode::InvalidPrefixValue:
      return "invalid @prefix value";
    case ErrorCode::InvalidPropagateValue:
      return "invalid @propagate value";
    case ErrorCode::InvalidProtectedValue:
      return "invalid @protected value";
    case ErrorCode::InvalidRemoteContext:
      return "invalid remote context";
    case ErrorCode::InvalidReverseProperty:
      return "invalid reverse property";
    case ErrorCode::InvalidReversePropertyMap:
      return "invalid reverse property map";
    case ErrorCode::InvalidReversePropertyValue:
      return "invalid reverse property value";
    case ErrorCode::InvalidReverseValue:
      return "invalid @reverse value";
    case ErrorCode::InvalidScopedContext:
      return "invalid scoped context";
    case ErrorCode::InvalidScriptElement:
      return "invalid script element";
    case ErrorCode::InvalidSetOrListObject:
      return "invalid set or list object";
    case ErrorCode::InvalidTermDefinition:
      return "invalid term definition";
    case ErrorCode::InvalidTypeMapping:
      return "invalid type mapping";
    case ErrorCode::InvalidTypeValue:
      return "invalid type value";
    case ErrorCode::InvalidTypedValue:
      return "invalid typed value";
    case ErrorCode::InvalidValueObject:
      return "invalid value object";
    case ErrorCode::InvalidValueObjectValue:
      return "invalid value object value";
    case ErrorCode::InvalidVersionValue:
      return "invalid @version value";
    case ErrorCode::InvalidVocabMapping:
      return "invalid vocab mapping";
    case ErrorCode::IriConfusedWithPrefix:
      return "IRI confused with prefix";
    case ErrorCode::KeywordRedefinition:
      return "keyword redefinition";
    case ErrorCode::LoadingDocumentFailed:
      return "loading document failed";
    case ErrorCode::LoadingRemoteContextFailed:
      return "loading remote context failed";
    case ErrorCode::MultipleContextLinkHeaders:
      return "multiple context link headers";
    case ErrorCode::ProcessingModeConflict:
      return "processing mode conflict";
    case ErrorCode::ProtectedTermRedefinition:
      return "protected term redefinition";
  }
  return "unknown error";
}

Error fail(ErrorCode code, std::string detail) {
  std::string text(error_name(code));
  if (!detail.empty()) text += ": " + std::move(detail);
  Error failed = bad_input(std::move(text));
  if (code == ErrorCode::ContextOverflow) failed.code = Code::TooLarge;
  return failed;
}

}  // namespace qp::jsonld
