// hnswlib with a filter in C++: recall and queries a second on one thread.
//
//   hnswlib-filtered SET THREADS [ALLOWED TRUTH]...
//
// SET holds base.fvecs and queries.fvecs; ALLOWED has a bit a vector, lowest first; TRUTH is an .ivecs of the nearest
// allowed, -1 where there are fewer. Builds once and prints, for each pair, a line with a JSON list of
// {"setting", "recall", "qps", "build_s"}.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "hnswlib/hnswlib.h"

template <typename T> struct Rows {
  size_t count = 0, width = 0;
  std::vector<T> values;
  const T *operator[](size_t row) const { return values.data() + row * width; }
};

static std::vector<char> bytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Each row follows its length.
template <typename T> static Rows<T> rows(const std::string &path) {
  std::vector<char> raw = bytes(path);
  Rows<T> found;
  int32_t width = 0;
  if (raw.size() >= 4) std::memcpy(&width, raw.data(), 4);
  size_t size = 4 + 4 * static_cast<size_t>(std::max(0, width));
  if (width < 1 || raw.size() % size) throw std::runtime_error(path + " has rows of different lengths");
  found.width = width;
  found.count = raw.size() / size;
  found.values.resize(found.count * found.width);
  for (size_t i = 0; i < found.count; i++)
    std::memcpy(found.values.data() + i * found.width, raw.data() + i * size + 4, 4 * found.width);
  return found;
}

struct Allowed : hnswlib::BaseFilterFunctor {
  std::vector<char> bits;
  explicit Allowed(std::vector<char> bits) : bits(std::move(bits)) {}
  bool operator()(hnswlib::labeltype id) override { return bits[id >> 3] >> (id & 7) & 1; }
};

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int main(int count, char **arguments) try {
  const size_t k = 10, M = 16, efConstruction = 200;
  if (count < 3) throw std::runtime_error("SET THREADS [ALLOWED TRUTH]...");
  std::string folder = arguments[1];
  size_t threads = std::max(1, std::atoi(arguments[2]));
  Rows<float> base = rows<float>(folder + "/base.fvecs"), queries = rows<float>(folder + "/queries.fvecs");
  hnswlib::L2Space space(base.width);
  hnswlib::HierarchicalNSW<float> index(&space, base.count, M, efConstruction);
  double start = now();
  index.addPoint(base[0], 0);
  std::vector<std::thread> workers;
  for (size_t t = 0; t < threads; t++)
    workers.emplace_back([&, t] {
      for (size_t i = 1 + t; i < base.count; i += threads) index.addPoint(base[i], i);
    });
  for (std::thread &worker : workers) worker.join();
  double built = now() - start;

  for (int pair = 3; pair + 1 < count; pair += 2) {
    Allowed allowed(bytes(arguments[pair]));
    if (allowed.bits.size() * 8 < base.count) throw std::runtime_error("too few bits");
    Rows<int32_t> truth = rows<int32_t>(arguments[pair + 1]);
    size_t asked = std::min(queries.count, truth.count);
    std::string list;
    for (size_t ef : {10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 400, 800, 1600, 3200}) {
      index.setEf(ef);
      double best = 1e30;
      size_t right = 0, wanted = 0;
      for (int pass = 0; pass < 3 && (pass == 0 || best < 10); pass++) {
        std::vector<std::vector<hnswlib::labeltype>> answers(asked);
        double from = now();
        for (size_t i = 0; i < asked; i++) {
          auto found = index.searchKnn(queries[i], k, &allowed);
          for (; !found.empty(); found.pop()) answers[i].push_back(found.top().second);
        }
        best = std::min(best, now() - from);
        right = wanted = 0;
        for (size_t i = 0; i < asked; i++)
          for (size_t j = 0; j < std::min(k, truth.width); j++) {
            if (truth[i][j] < 0) continue;
            wanted++;
            right += std::count(answers[i].begin(), answers[i].end(), static_cast<size_t>(truth[i][j]));
          }
      }
      double recall = wanted ? static_cast<double>(right) / wanted : 1;
      char point[160];
      std::snprintf(point, sizeof point, R"(%s{"setting": %zu, "recall": %.6f, "qps": %.3f, "build_s": %.3f})",
                    list.empty() ? "" : ", ", ef, recall, asked / best, built);
      list += point;
      if (recall >= 0.9999) break;
    }
    std::printf("[%s]\n", list.c_str());
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
