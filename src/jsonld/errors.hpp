#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace qp::jsonld {

/// The error codes of the specification: JSON-LD API 9.6 and Framing 5.3.
enum class ErrorCode {
  CollidingKeywords,
  ConflictingIndexes,
  ContextOverflow,
  CyclicIriMapping,
  InvalidBaseDirection,
  InvalidBaseIri,
  InvalidContainerMapping,
  InvalidContextEntry,
  InvalidContextNullification,
  InvalidDefaultLanguage,
  InvalidEmbedValue,
  InvalidFrame,
  InvalidIdValue,
  InvalidImportValue,
  InvalidIncludedValue,
  InvalidIndexValue,
  InvalidIriMapping,
  InvalidJsonLiteral,
  InvalidKeywordAlias,
  InvalidLanguageMapValue,
  InvalidLanguageMapping,
  InvalidLanguageTaggedString,
  InvalidLanguageTaggedValue,
  InvalidLocalContext,
  InvalidNestValue,
  InvalidPrefixValue,
  InvalidPropagateValue,
  InvalidProtectedValue,
  InvalidRemoteContext,
  InvalidReverseProperty,
  InvalidReversePropertyMap,
  InvalidReversePropertyValue,
  InvalidReverseValue,
  InvalidScopedContext,
  InvalidScriptElement,
  InvalidSetOrListObject,
  InvalidTermDefinition,
  InvalidTypeMapping,
  InvalidTypeValue,
  InvalidTypedValue,
  InvalidValueObject,
  InvalidValueObjectValue,
  InvalidVersionValue,
  InvalidVocabMapping,
  IriConfusedWithPrefix,
  KeywordRedefinition,
  LoadingDocumentFailed,
  LoadingRemoteContextFailed,
  MultipleContextLinkHeaders,
  ProcessingModeConflict,
  ProtectedTermRedefinition,
};

/// The spelling of the specification: "invalid term definition".
std::string_view error_name(ErrorCode code);

/// A BadInput whose text starts with the spelling of the specification: "<name>: <detail>"; a
/// TooLarge of ContextOverflow, which is a limit.
Error fail(ErrorCode code, std::string detail);

}  // namespace qp::jsonld
