/* The Lorenz system, n steps of the classical Runge-Kutta method; value x + y z, gradient by the initial state.
   The states are kept on the way forward; the stages of a step are computed again on the way back. */

#define EACH for (int i = 0; i < 3; i++)

static void slope(const double *u, double *d) {
    d[0] = 10.0 * (u[1] - u[0]);
    d[1] = u[0] * (28.0 - u[2]) - u[1];
    d[2] = u[0] * u[1] - 8.0 / 3.0 * u[2];
}

/* r = the slope's transposed derivative at u, times g */
static void back(const double *u, const double *g, double *r) {
    r[0] = -10.0 * g[0] + (28.0 - u[2]) * g[1] + u[1] * g[2];
    r[1] = 10.0 * g[0] - g[1] + u[0] * g[2];
    r[2] = -u[0] * g[1] - 8.0 / 3.0 * g[2];
}

void both(const double *start, long n, double h, double *states, double *out) {
    double u[3], v[3], w[3], q[3], a[3], b[3], c[3], d[3];
    EACH u[i] = start[i];
    for (long t = 0; t < n; t++) {
        EACH states[3 * t + i] = u[i];
        slope(u, a);
        EACH v[i] = u[i] + h / 2 * a[i];
        slope(v, b);
        EACH v[i] = u[i] + h / 2 * b[i];
        slope(v, c);
        EACH v[i] = u[i] + h * c[i];
        slope(v, d);
        EACH u[i] += h / 6 * (a[i] + 2 * b[i] + 2 * c[i] + d[i]);
    }
    double g[3] = {1, u[2], u[1]}, sum[3];
    for (long t = n - 1; t >= 0; t--) {
        const double *s = states + 3 * t;
        slope(s, a);
        EACH v[i] = s[i] + h / 2 * a[i];
        slope(v, b);
        EACH w[i] = s[i] + h / 2 * b[i];
        slope(w, c);
        EACH q[i] = s[i] + h * c[i];
        EACH { d[i] = h / 6 * g[i]; c[i] = b[i] = h / 3 * g[i]; a[i] = h / 6 * g[i]; sum[i] = g[i]; }
        double r[3];
        back(q, d, r);
        EACH { sum[i] += r[i]; c[i] += h * r[i]; }
        back(w, c, r);
        EACH { sum[i] += r[i]; b[i] += h / 2 * r[i]; }
        back(v, b, r);
        EACH { sum[i] += r[i]; a[i] += h / 2 * r[i]; }
        back(s, a, r);
        EACH g[i] = sum[i] + r[i];
    }
    out[0] = u[0] + u[1] * u[2];
    EACH out[1 + i] = g[i];
}
