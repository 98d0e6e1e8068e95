#include <math.h>

/* Logistic regression in one pass over the rows of x: each is read once, for its product and for the gradient.
   Blocks of rows keep what is in between in the cache and the exponentials in vector registers. */
float both(const float *restrict w, const float *restrict x, const float *restrict y, float *restrict gradient,
           long rows, long columns) {
    enum { BLOCK = 64 };
    float z[BLOCK], slope[BLOCK];
    double sum = 0;
    for (long j = 0; j < columns; j++) gradient[j] = 0;
    for (long start = 0; start < rows; start += BLOCK) {
        long count = rows - start < BLOCK ? rows - start : BLOCK;
        const float *block = x + start * columns;
        for (long i = 0; i < count; i++) {
            float product = 0;
            for (long j = 0; j < columns; j++) product += block[i * columns + j] * w[j];
            z[i] = product;
        }
        float part = 0;
        for (long i = 0; i < count; i++) {
            float e = expf(-fabsf(z[i])), one = 1 / (1 + e);
            part += (z[i] > 0 ? z[i] : 0) - z[i] * y[start + i] + log1pf(e);
            slope[i] = ((z[i] > 0 ? one : e * one) - y[start + i]) / rows;
        }
        sum += part;
        for (long i = 0; i < count; i++)
            for (long j = 0; j < columns; j++) gradient[j] += slope[i] * block[i * columns + j];
    }
    return sum / rows;
}
