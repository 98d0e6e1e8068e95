#include <math.h>

/* The derivatives of n projections, 2 x 15 each, by hand. A row of `parameters` has the rotation w (axis times
   angle), the translation, the point, and fx, fy, cx, cy, k1, k2. */
void both(const double *restrict parameters, double *restrict jacobians, long n) {
    for (long i = 0; i < n; i++) {
        const double *p = parameters + 15 * i;
        double *du = jacobians + 30 * i, *dv = du + 15;
        double w0 = p[0], w1 = p[1], w2 = p[2], x = p[6], y = p[7], z = p[8];
        double fx = p[9], fy = p[10], k1 = p[13], k2 = p[14];

        /* the rotated point: R(w) (x, y, z) = c (x, y, z) + a w x (x, y, z) + b (w . (x, y, z)) w */
        double square = w0 * w0 + w1 * w1 + w2 * w2, angle = sqrt(square), s = sin(angle), c = cos(angle);
        double inverse = 1 / angle, a = s * inverse, b = (1 - c) * inverse * inverse;
        double dot = w0 * x + w1 * y + w2 * z;
        double c0 = w1 * z - w2 * y, c1 = w2 * x - w0 * z, c2 = w0 * y - w1 * x;
        double X = x * c + a * c0 + b * dot * w0 + p[3];
        double Y = y * c + a * c1 + b * dot * w1 + p[4];
        double Z = z * c + a * c2 + b * dot * w2 + p[5];
        double depth = 1 / Z, u = X * depth, v = Y * depth, r = u * u + v * v;
        double m = 1 + r * (k1 + r * k2), dm = 2 * (k1 + 2 * r * k2);

        /* by u and v, then by X, Y and Z */
        double uu = fx * (m + u * u * dm), uv = fx * u * v * dm;
        double vu = fy * v * u * dm, vv = fy * (m + v * v * dm);
        double uX = uu * depth, uY = uv * depth, uZ = -(uu * u + uv * v) * depth;
        double vX = vu * depth, vY = vv * depth, vZ = -(vu * u + vv * v) * depth;

        /* the rotation, which is the derivative by the point */
        double R00 = c + b * w0 * w0, R01 = b * w0 * w1 - a * w2, R02 = b * w0 * w2 + a * w1;
        double R10 = b * w1 * w0 + a * w2, R11 = c + b * w1 * w1, R12 = b * w1 * w2 - a * w0;
        double R20 = b * w2 * w0 - a * w1, R21 = b * w2 * w1 + a * w0, R22 = c + b * w2 * w2;

        /* by w: through the angle, and directly */
        double da = (c - a) * inverse, db = (s * inverse - 2 * b) * inverse;
        double DX = da * c0 + db * dot * w0 - s * x;
        double DY = da * c1 + db * dot * w1 - s * y;
        double DZ = da * c2 + db * dot * w2 - s * z;
        double e0 = w0 * inverse, e1 = w1 * inverse, e2 = w2 * inverse;
        double X0 = DX * e0 + b * (x * w0 + dot), X1 = DX * e1 + a * z + b * y * w0, X2 = DX * e2 - a * y + b * z * w0;
        double Y0 = DY * e0 - a * z + b * x * w1, Y1 = DY * e1 + b * (y * w1 + dot), Y2 = DY * e2 + a * x + b * z * w1;
        double Z0 = DZ * e0 + a * y + b * x * w2, Z1 = DZ * e1 - a * x + b * y * w2, Z2 = DZ * e2 + b * (z * w2 + dot);

        du[0] = uX * X0 + uY * Y0 + uZ * Z0; dv[0] = vX * X0 + vY * Y0 + vZ * Z0;
        du[1] = uX * X1 + uY * Y1 + uZ * Z1; dv[1] = vX * X1 + vY * Y1 + vZ * Z1;
        du[2] = uX * X2 + uY * Y2 + uZ * Z2; dv[2] = vX * X2 + vY * Y2 + vZ * Z2;
        du[3] = uX; du[4] = uY; du[5] = uZ;
        dv[3] = vX; dv[4] = vY; dv[5] = vZ;
        du[6] = uX * R00 + uY * R10 + uZ * R20; dv[6] = vX * R00 + vY * R10 + vZ * R20;
        du[7] = uX * R01 + uY * R11 + uZ * R21; dv[7] = vX * R01 + vY * R11 + vZ * R21;
        du[8] = uX * R02 + uY * R12 + uZ * R22; dv[8] = vX * R02 + vY * R12 + vZ * R22;
        du[9] = u * m; du[10] = 0; du[11] = 1; du[12] = 0;
        dv[9] = 0; dv[10] = v * m; dv[11] = 0; dv[12] = 1;
        du[13] = fx * u * r; du[14] = fx * u * r * r;
        dv[13] = fy * v * r; dv[14] = fy * v * r * r;
    }
}
