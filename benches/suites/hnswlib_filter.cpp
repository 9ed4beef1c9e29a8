// hnswlib's filtered search without Python in it: its package calls a Python function for every
// candidate, which would handicap it. Loads an index that the package saved and searches a batch on
// one thread with a functor over a bitset. Built against the headers of the same release.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "hnswlib/hnswlib.h"

namespace {

struct Bitset final : hnswlib::BaseFilterFunctor {
    const uint64_t *words;
    explicit Bitset(const uint64_t *words) : words(words) {}
    bool operator()(hnswlib::labeltype label) override { return words[label >> 6] >> (label & 63) & 1; }
};

struct Loaded {
    std::unique_ptr<hnswlib::SpaceInterface<float>> space;
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
};

}  // namespace

extern "C" {

// Null when the file cannot be loaded.
void *nuthatch_load(const char *path, size_t dimensions, bool inner_product) try {
    auto loaded = std::make_unique<Loaded>();
    if (inner_product) {
        loaded->space = std::make_unique<hnswlib::InnerProductSpace>(dimensions);
    } else {
        loaded->space = std::make_unique<hnswlib::L2Space>(dimensions);
    }
    loaded->graph = std::make_unique<hnswlib::HierarchicalNSW<float>>(loaded->space.get(), std::string(path));
    return loaded.release();
} catch (const std::exception &) {
    return nullptr;
}

void nuthatch_free(void *loaded) { delete static_cast<Loaded *>(loaded); }

// Labels, nearest first, rows x k; UINT32_MAX where fewer were found. A bit of 1 admits a label;
// without a bitset all are admitted.
void nuthatch_search(void *loaded, const float *queries, size_t rows, size_t dimensions, size_t k, size_t ef,
                     const uint64_t *bits, uint32_t *labels) {
    auto &graph = *static_cast<Loaded *>(loaded)->graph;
    graph.setEf(ef);
    Bitset bitset(bits);
    for (size_t row = 0; row < rows; ++row) {
        auto found = graph.searchKnn(queries + row * dimensions, k, bits ? &bitset : nullptr);
        for (size_t place = found.size(); place < k; ++place) labels[row * k + place] = UINT32_MAX;
        while (!found.empty()) {
            labels[row * k + found.size() - 1] = static_cast<uint32_t>(found.top().second);
            found.pop();
        }
    }
}

}
