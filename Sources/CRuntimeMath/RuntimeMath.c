// Mathematics for programs that link Simple objects: the entries that a loader binds to the system's libm. In a file of
// its own, so that only programs that use one need `-lm`.
#include <math.h>

#define ONE(entry, function) double simple_rt_##entry##_f64(double x) { return function(x); }
#define TWO(entry, function) double simple_rt_##entry##_f64(double x, double y) { return function(x, y); }

TWO(pow, pow)
TWO(remainder, fmod)
ONE(floor, floor)
ONE(ceil, ceil)
ONE(trunc, trunc)
ONE(round, round)
ONE(round_even, rint)
ONE(exp, exp)
ONE(exp2, exp2)
ONE(ln, log)
ONE(log2, log2)
ONE(log10, log10)
ONE(sin, sin)
ONE(cos, cos)
ONE(tan, tan)
ONE(asin, asin)
ONE(acos, acos)
ONE(atan, atan)
TWO(atan2, atan2)
ONE(sinh, sinh)
ONE(cosh, cosh)
ONE(tanh, tanh)
ONE(cbrt, cbrt)
TWO(hypot, hypot)

double simple_rt_mul_add_f64(double x, double y, double z) { return fma(x, y, z); }
float simple_rt_mul_add_f32(float x, float y, float z) { return fmaf(x, y, z); }
