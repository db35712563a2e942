// Takes the finished bytes of resources away, so that a GET has to make them.
//   bench_drop_rendered DATA IRI...
#include <cstdio>

#include "store/store.hpp"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  qp::store::Options options;
  options.folder = argv[1];
  const auto store = qp::store::Store::open(options);
  const auto dropped = !store ? qp::Result<void>(store.error())
                              : (*store)->write([&](qp::store::WriteTxn& txn) -> qp::Result<void> {
                                  for (int i = 2; i < argc; ++i)
                                    QP_TRY(txn.erase_rendered(argv[i]));
                                  return {};
                                });
  if (dropped) return 0;
  std::fprintf(stderr, "%s\n", dropped.error().detail.c_str());
  return 1;
}
