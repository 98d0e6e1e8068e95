"""Gradients of the kinds that the matrix cookbooks list, with answers worked out by hand in NumPy.

Each row: what is typed, the variable, the answer as Python, and what is said besides (shapes, symmetric ...).
Sources of the kinds: Petersen and Pedersen, The Matrix Cookbook, 2012, chapters 2 and 8; Laue, Mitterreiter and
Giesen, matrixcalculus.org; Parr and Howard, arXiv 1802.01528.
"""

LINEAR = [
    ("a'*x", "x", "a", {}),
    ("x'*a", "x", "a", {}),
    ("a'*X*b", "X", "np.outer(a, b)", {}),
    ("a'*X'*b", "X", "np.outer(b, a)", {}),
    ("a'*X*a", "X", "np.outer(a, a)", {}),
    ("sum(A*x)", "x", "A.T @ np.ones(A.shape[0])", {}),
    ("vector(1)'*x", "x", "np.ones(len(x))", {}),
    ("mean(x)", "x", "np.ones(len(x))/len(x)", {}),
    ("sum(x, 0)", "x", "np.ones(len(x))", {}),
    ("sum(X, 0)'*w", "X", "np.outer(np.ones(X.shape[0]), w)", {}),
    ("w'*sum(X, 1)", "X", "np.outer(w, np.ones(X.shape[1]))", {}),
]

QUADRATIC = [
    ("0.5*x'*A*x", "x", "0.5*(A + A.T) @ x", {}),
    ("0.5*x'*A*x", "x", "A @ x", {"symmetric": "A"}),
    ("x'*A*x + b'*x + c", "x", "(A + A.T) @ x + b", {"shapes": {"c": ()}}),
    ("x'*A*x", "A", "np.outer(x, x)", {}),
    ("(x - s)'*W*(x - s)", "x", "2*W @ (x - s)", {"symmetric": ("W",)}),
    ("(x - A*s)'*W*(x - A*s)", "s", "-A.T @ (W + W.T) @ (x - A @ s)", {}),
    ("(x - A*s)'*W*(x - A*s)", "A", "-np.outer((W + W.T) @ (x - A @ s), s)", {}),
    ("norm2(A*x-y)^2", "x", "2*A.T @ (A @ x - y)", {}),
    ("norm2(A*x-y)^2", "A", "2*np.outer(A @ x - y, x)", {}),
    ("norm(x - a)", "x", "(x - a)/np.linalg.norm(x - a)", {}),
    ("(x'*A*x)/(x'*x)", "x", "2*(A @ x)/(x @ x) - 2*(x @ A @ x)*x/(x @ x)**2", {"symmetric": "A"}),
    ("x'*y/(norm(x)*norm(y))", "x",
     "y/(np.linalg.norm(x)*np.linalg.norm(y)) - (x @ y)*x/(np.linalg.norm(x)**3*np.linalg.norm(y))", {}),
    ("lambda*norm(w)^2 + norm(X*w - y)^2", "w", "2*lambda_*w + 2*X.T @ (X @ w - y)", {}),
    ("b'*X'*X*c", "X", "X @ (np.outer(b, c) + np.outer(c, b))", {}),
    ("(X*b + c)'*D*(X*b + c)", "X", "(D + D.T) @ np.outer(X @ b + c, b)", {"shapes": {"D": ("n", "n")}}),
]  # fmt: skip

TRACES = [
    ("tr(X)", "X", "np.eye(len(X))", {}),
    ("tr(X*A)", "X", "A.T", {}),
    ("tr(A*X*B)", "X", "A.T @ B.T", {}),
    ("tr(A*X'*B)", "X", "B @ A", {}),
    ("tr(X'*A)", "X", "A", {}),
    ("tr(X^2)", "X", "2*X.T", {}),
    ("tr(X^3)", "X", "3*(X @ X).T", {}),
    ("tr(X'*B*X)", "X", "(B + B.T) @ X", {}),
    ("tr(X*B*X')", "X", "X @ (B + B.T)", {}),
    ("tr(A*X*B*X)", "X", "A.T @ X.T @ B.T + B.T @ X.T @ A.T", {}),
    ("tr(A*X'*B*X*C)", "X", "B @ X @ C @ A + B.T @ X @ A.T @ C.T", {}),
    ("tr(B'*X'*C*X*B)", "X", "C.T @ X @ B @ B.T + C @ X @ B @ B.T", {}),
    ("normF(X)^2", "X", "2*X", {}),
    ("normF(A - W*H)^2", "H", "-2*W.T @ (A - W @ H)", {}),
    ("sum(A.*X)", "X", "A", {}),
    ("dot(A, X)", "X", "A", {}),
]

INVERSES = [
    ("det(X)", "X", "np.linalg.det(X)*np.linalg.inv(X).T", {}),
    ("det(A*X*B)", "X", "np.linalg.det(A @ X @ B)*np.linalg.inv(X).T",
     {"shapes": {"A": ("n", "n"), "X": ("n", "n"), "B": ("n", "n")}}),
    ("log(det(X))", "X", "np.linalg.inv(X).T", {}),
    ("logdet(X)", "X", "np.linalg.inv(X)", {"positive": "X"}),
    ("log(det(X'*X))", "X", "2*X @ np.linalg.inv(X.T @ X)", {"tall": "X"}),
    ("x'*inv(A)*x", "x", "(np.linalg.inv(A) + np.linalg.inv(A).T) @ x", {}),
    ("a'*inv(X)*b", "X", "-np.linalg.inv(X).T @ np.outer(a, b) @ np.linalg.inv(X).T", {}),
    ("tr(inv(X)*A)", "X", "-np.linalg.inv(X).T @ A.T @ np.linalg.inv(X).T", {}),
    ("tr(A*inv(X)*B)", "X", "-(np.linalg.inv(X) @ B @ A @ np.linalg.inv(X)).T", {}),
    ("tr(inv(X + A))", "X", "-(np.linalg.inv(X + A) @ np.linalg.inv(X + A)).T", {}),
    ("solve(A, b)'*c", "b", "np.linalg.solve(A.T, c)", {}),
    ("0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m)", "S",
     "0.5*np.linalg.inv(S).T - 0.5*np.linalg.inv(S).T @ np.outer(x - m, x - m) @ np.linalg.inv(S).T",
     {"shapes": {"m": "n"}}),
]  # fmt: skip

ENTRYWISE = [
    ("sum(log(1+exp(-y.*(X*w))))", "w", "-X.T @ (y/(1 + np.exp(y*(X @ w))))", {}),
    ("sum(log(exp(-y.*(X*w))+vector(1)))", "w", "-X.T @ (y*np.exp(-y*(X @ w))/(np.exp(-y*(X @ w)) + 1))", {}),
    ("sum(exp(X))", "X", "np.exp(X)", {}),
    ("sum(X.^3)", "X", "3*X**2", {}),
    ("sum(log(x))", "x", "1/x", {}),
    ("sum(sin(A*x))", "x", "A.T @ np.cos(A @ x)", {}),
    ("norm1(x)", "x", "np.sign(x)", {}),
    ("norm1(A*x - b)", "x", "A.T @ np.sign(A @ x - b)", {}),
    ("sum(max(x, 0))", "x", "(x > 0)*1.0", {}),
    ("relu(w.x+b)", "w", "(w @ x + b > 0)*x", {}),
    ("tanh(w'*x + b)", "w", "(1 - np.tanh(w @ x + b)**2)*x", {}),
    ("exp(-norm(x - a)^2)", "x", "-2*np.exp(-np.sum((x - a)**2))*(x - a)", {}),
    ("prod(x)", "x", "np.prod(x)/x", {}),
    ("max(x)", "x", "(x == np.max(x))*1.0", {}),
    ("std(x)", "x", "(x - np.mean(x))/(len(x)*np.std(x))", {}),
    ("x'*diag(d)*x", "d", "x*x", {}),
    ("u'*diag(v)*w", "v", "u*w", {}),
    ("diag(X)'*v", "X", "np.diag(v)", {}),
    ("norm(outer(x, y) - A)^2", "x", "2*(np.outer(x, y) - A) @ y", {}),
    ("mean((y-X@w)**2)", "w", "-2/len(y)*X.T @ (y - X @ w)", {}),
]

LEARNING = [
    ("logsumexp(x)", "x", "np.exp(x)/np.sum(np.exp(x))", {}),
    ("log(sum(exp(A*x)))", "x", "A.T @ (np.exp(A @ x)/np.sum(np.exp(A @ x)))", {}),
    ("cross_entropy(softmax(z), k)", "z", "np.exp(z)/np.sum(np.exp(z)) - np.eye(len(z))[int(k)]", {"class": "k"}),
    ("cross_entropy(softmax(W*x+b), k)", "W",
     "np.outer(np.exp(W @ x + b)/np.sum(np.exp(W @ x + b)) - np.eye(len(b))[int(k)], x)", {"class": "k"}),
    ("softmax(x)'*a", "x",
     "np.exp(x)/np.sum(np.exp(x))*(a - a @ (np.exp(x)/np.sum(np.exp(x))))", {}),
    ("sum((W2@tanh(W1@x+b1)+b2-y)^2)", "W1",
     "np.outer((W2.T @ (2*(W2 @ np.tanh(W1 @ x + b1) + b2 - y)))*(1 - np.tanh(W1 @ x + b1)**2), x)", {}),
    ("W2@tanh(W1@x+b1)+b2, L=sum((.-y)^2)", "W1",
     "np.outer((W2.T @ (2*(W2 @ np.tanh(W1 @ x + b1) + b2 - y)))*(1 - np.tanh(W1 @ x + b1)**2), x)", {}),
    ("-sum(y.*log(sigmoid(X*w)))", "w", "-X.T @ (y*(1 - 1/(1 + np.exp(-X @ w))))", {}),
]  # fmt: skip

GRADIENTS = [*LINEAR, *QUADRATIC, *TRACES, *INVERSES, *ENTRYWISE, *LEARNING]

# A vector by a vector, numerator layout.
JACOBIANS = [
    ("A*x", "x", "A", {}),
    ("x'*A", "x", "A.T", {}),
    ("W2@tanh(W1@x+b1)+b2", "x", "W2 @ np.diag(1 - np.tanh(W1 @ x + b1)**2) @ W1", {}),
    ("W2@tanh(W1@x+b1)+b2", "b1", "W2 @ np.diag(1 - np.tanh(W1 @ x + b1)**2)", {}),
    ("exp(A*x)", "x", "np.diag(np.exp(A @ x)) @ A", {}),
    ("x/norm(x)", "x", "np.eye(len(x))/np.linalg.norm(x) - np.outer(x, x)/np.linalg.norm(x)**3", {}),
    ("x*(x'*x)", "x", "(x @ x)*np.eye(len(x)) + 2*np.outer(x, x)", {}),
    ("softmax(W*x)", "x",
     "(np.diag(np.exp(W @ x)/np.sum(np.exp(W @ x)))"
     " - np.outer(np.exp(W @ x), np.exp(W @ x))/np.sum(np.exp(W @ x))**2) @ W", {}),
    ("diag(x)*A*x", "x", "np.diag(A @ x) + np.diag(x) @ A", {}),
    ("inv(A)*x", "x", "np.linalg.inv(A)", {}),
    ("x.*y", "x", "np.diag(y)", {}),
    ("x*exp(t)", "t", "x*np.exp(t)", {"shapes": {"t": (), "x": "n"}}),
    ("x - mean(x)", "x", "np.eye(len(x)) - np.ones((len(x), len(x)))/len(x)", {}),
]  # fmt: skip

# What a gradient by the value, called G, becomes.
CARRIED = [
    ("W@X", "W", "G @ X.T", {}),
    ("W@X", "X", "W.T @ G", {}),
    ("A*X*B", "X", "A.T @ G @ B.T", {}),
    ("X'*X", "X", "X @ (G + G.T)", {}),
    ("inv(X)", "X", "-np.linalg.inv(X).T @ G @ np.linalg.inv(X).T", {}),
    ("W*x + b", "W", "np.outer(G, x)", {}),
    ("exp(X).*A", "X", "G*A*np.exp(X)", {}),
    ("X'", "X", "G.T", {}),
    ("diag(x)", "x", "np.diag(G)", {}),
    ("x*y'", "x", "G @ y", {}),
]
