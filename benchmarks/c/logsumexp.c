#include <math.h>

float both(const float *x, float *gradient, long n) {
    float top = x[0];
    for (long i = 1; i < n; i++) top = x[i] > top ? x[i] : top;
    double sum = 0;
    for (long i = 0; i < n; i++) { gradient[i] = expf(x[i] - top); sum += gradient[i]; }
    float inverse = 1 / sum;
    for (long i = 0; i < n; i++) gradient[i] *= inverse;
    return logf(sum) + top;
}
