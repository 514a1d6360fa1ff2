// Nanoseconds per distance: our kernels beside the native ones of hnswlib, in one process, in turn.
//
//   kernels/build.sh HNSWLIB_HEADERS && kernels/kernels        hnswlib is compiled with g++ -O3 -march=native
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <vector>

#include "CKernels.h"
#include "hnswlib/hnswlib.h"

static float sink;

// Time on the processor, so that other programs count less.
static double now() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

// Vectors of one set lie one after the other and fit the second-level cache; each is compared with one query.
template <typename F> static double nanoseconds(size_t count, F pass) {
  for (int i = 0; i < 3; i++) pass();
  size_t passes = std::max<size_t>(1, 2'000'000 / count);
  double start = now();
  for (size_t i = 0; i < passes; i++) pass();
  return (now() - start) / (passes * count);
}

int main() {
  const ck_variant variants[] = {CK_BASELINE, CK_AVX2, CK_AVX512, CK_NEON};
  std::printf("%-22s", "ns per squared L2");
  const size_t dimensions[] = {64, 128, 512, 768};
  for (size_t d : dimensions) std::printf("%9zu", d);
  std::printf("\n");
  struct Line {
    const char *name;
    int kind;  // 0: hnswlib, 1: a pair a call, 2: four rows a call
    const ck_kernels *kernels;
  };
  std::vector<Line> lines = {{"hnswlib native", 0, nullptr}};
  static char names[16][32];
  int at = 0;
  for (ck_variant variant : variants) {
    const ck_kernels *kernels = ck_kernels_of(variant);
    if (!kernels) continue;
    std::snprintf(names[at], 32, "%s", kernels->name);
    lines.push_back({names[at++], 1, kernels});
    std::snprintf(names[at], 32, "%s, four rows", kernels->name);
    lines.push_back({names[at++], 2, kernels});
  }
  std::vector<std::vector<double>> medians(lines.size());
  for (size_t d : dimensions) {
    size_t count = std::max<size_t>(64, (512 << 10) / (d * 4));
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> storage((count + 1) * d + 16);
    float *base = storage.data();
    while (reinterpret_cast<uintptr_t>(base) % 64) base++;
    for (size_t i = 0; i < (count + 1) * d; i++) base[i] = normal(random);
    const float *query = base + count * d;
    hnswlib::L2Space space(d);
    auto theirs = space.get_dist_func();
    void *parameter = space.get_dist_func_param();
    std::vector<std::vector<double>> samples(lines.size());
    for (int round = 0; round < 9; round++) {
      for (size_t l = 0; l < lines.size(); l++) {
        const Line &line = lines[l];
        samples[l].push_back(nanoseconds(count, [&] {
          float sum = 0;
          if (line.kind == 0) {
            for (size_t i = 0; i < count; i++) sum += theirs(query, base + i * d, parameter);
          } else if (line.kind == 1) {
            auto ours = line.kernels->squared_l2;
            for (size_t i = 0; i < count; i++) sum += ours(query, base + i * d, d);
          } else {
            auto ours = line.kernels->squared_l2_four;
            float out[4];
            for (size_t i = 0; i + 4 <= count; i += 4) {
              const float *row = base + i * d;
              ours(query, row, row + d, row + 2 * d, row + 3 * d, d, out);
              sum += out[0] + out[1] + out[2] + out[3];
            }
          }
          sink = sum;
        }));
      }
    }
    for (size_t l = 0; l < lines.size(); l++) {
      std::sort(samples[l].begin(), samples[l].end());
      medians[l].push_back(samples[l][samples[l].size() / 2]);
    }
  }
  for (size_t l = 0; l < lines.size(); l++) {
    std::printf("%-22s", lines[l].name);
    for (double m : medians[l]) std::printf("%9.1f", m);
    std::printf("\n");
  }
}
