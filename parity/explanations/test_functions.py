"""Functions of JAX and TensorFlow, link by link, and the four explanations of one network."""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, NotScalarError
from parity.explanations.flow import conserved, product

RNG = np.random.default_rng(0)
W1, B1, W2 = RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=(4, 1))
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 1))
DEEP = [RNG.normal(size=(8, 8)) / 3 for _ in range(50)]


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@pytest.fixture
def tf():
    return pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed here")


def explained(function, args, wrt=None):
    return cr.explain(function, args, wrt=wrt, show=False)


def of_ours():
    params = {name: cr.tensor(w, requires_grad=True) for name, w in (("W1", W1), ("b1", B1), ("W2", W2))}
    z1 = X @ params["W1"] + params["b1"]
    h = np.tanh(z1)
    pred = h @ params["W2"]
    loss = ((pred - Y) ** 2).mean()
    return cr.explain(loss, wrt=params, show=False)


def of_torch(torch):
    params = {name: torch.tensor(w, requires_grad=True) for name, w in (("W1", W1), ("b1", B1), ("W2", W2))}
    with cr.capture():
        z1 = torch.tensor(X) @ params["W1"] + params["b1"]
        h = torch.tanh(z1)
        pred = h @ params["W2"]
        loss = ((pred - torch.tensor(Y)) ** 2).mean()
    return cr.explain(loss, wrt=params, show=False)


def of_jax(jax):
    def loss(params, x, y):
        z1 = x @ params["W1"] + params["b1"]
        h = jax.numpy.tanh(z1)
        pred = h @ params["W2"]
        return ((pred - y) ** 2).mean()

    params = {"W1": jax.numpy.asarray(W1), "b1": jax.numpy.asarray(B1), "W2": jax.numpy.asarray(W2)}
    return explained(loss, (params, X, Y), "params")


def of_tf(tf):
    def loss(params, x, y):
        z1 = x @ params["W1"] + params["b1"]
        h = tf.tanh(z1)
        pred = h @ params["W2"]
        return tf.reduce_mean((pred - y) ** 2)

    params = {"W1": tf.constant(W1), "b1": tf.constant(B1), "W2": tf.constant(W2)}
    return explained(loss, (params, tf.constant(X), tf.constant(Y)), "params")


def short(name):
    return name.removeprefix("params['").removesuffix("']")


def seen(explanation):
    """Sizes of gradients by the user's names, and the shares by which the parameters get theirs."""
    sizes = {short(link.name): link.arriving.norm for link in explanation.links(all=True)}
    sizes |= {short(joint.label): joint.arriving.norm for joint in explanation.sources}
    shares = {}
    for link in explanation.links(all=True):
        shares[short(link.into)] = shares.get(short(link.into), 0.0) + link.share
    named = ("z1", "h", "pred", "W1", "b1", "W2")
    return {name: (sizes[name], shares[name]) for name in named}


def test_the_four_explanations_of_a_network_agree(torch, jax, tf):
    ours = of_ours()
    for other in (of_torch(torch), of_jax(jax), of_tf(tf)):
        assert conserved(other) < 1e-12
        assert other.path_count == ours.path_count
        assert other.findings == ours.findings == []
        for name, pair in seen(ours).items():
            assert seen(other)[name] == pytest.approx(pair, rel=1e-12), (other.framework, name)
        for name, g in ours.gradient.items():
            theirs = next(v for key, v in other.gradient.items() if short(key) == name)
            assert np.allclose(np.asarray(theirs), g, rtol=1e-12, atol=0)


def test_the_neuron(jax, tf):
    slope = -0.21150837113706686

    def neuron(w):
        z = w * 2.0 + 0.0
        a = jax.nn.sigmoid(z)
        return (a - 1.0) ** 2

    explanation = explained(neuron, (jax.numpy.asarray(0.5),))
    assert product(explanation) == pytest.approx(slope, rel=1e-14)
    assert "a → z" in str(explanation) and explanation.wrt == "w"

    variable = tf.Variable(tf.constant(0.5, tf.float64), name="w")

    def in_tf():
        z = variable * 2.0 + 0.0
        a = tf.sigmoid(z)
        return (a - 1.0) ** 2

    explanation = explained(in_tf, (), "params")
    assert product(explanation) == pytest.approx(slope, rel=1e-14)
    assert explanation.wrt == "w"


def test_fifty_residual_blocks_in_jax(jax):
    def deep(h, weights):
        for W in weights:
            h = h + 0.3 * jax.numpy.tanh(h @ W)
        return (h**2).mean()

    explanation = explained(deep, (jax.numpy.ones((4, 8)), [jax.numpy.asarray(W) for W in DEEP]), "h")
    assert explanation.path_count == 2**50 and conserved(explanation) < 1e-12 and len(explanation.blocks) == 50
    assert explanation.findings == []


def test_residual_blocks_in_tensorflow(tf):
    def deep(h, weights):
        for W in weights:
            h = h + 0.3 * tf.tanh(h @ W)
        return tf.reduce_mean(h**2)

    explanation = explained(deep, (tf.ones((4, 8), tf.float64), [tf.constant(W) for W in DEEP]), "h")
    assert explanation.path_count == 2**50 and conserved(explanation) < 1e-12 and len(explanation.blocks) == 50


def attention(matmul, softmax, swap):
    def block(x, params):
        q, k, v = (matmul(x, params[name]) for name in ("Q", "K", "V"))
        scores = matmul(q, swap(k)) / math.sqrt(8.0)
        x = x + matmul(softmax(scores), v)
        return x

    return block


def gelu(x, tanh=np.tanh):
    """The tanh form. TensorFlow's own takes its constant in float32, which shows in the eighth digit."""
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax(scores):
    return np.exp(scores - cr.logsumexp(scores, axis=-1, keepdims=True))


def test_the_four_explanations_of_a_transformer_block_agree(torch, jax, tf):
    params = {name: RNG.normal(size=(8, 8)) / 3 for name in ("Q", "K", "V", "A", "B")}
    x = RNG.normal(size=(5, 8))

    own = cr.tensor(x, requires_grad=True)
    h = attention(np.matmul, softmax, np.transpose)(own, params)
    explanations = [cr.explain(((h + gelu(h @ params["A"]) @ params["B"]) ** 2).mean(), wrt=own, show=False)]

    theirs, weights = torch.tensor(x, requires_grad=True), {n: torch.tensor(w) for n, w in params.items()}
    h = attention(torch.matmul, lambda scores: torch.softmax(scores, -1), torch.t)(theirs, weights)
    wide = torch.nn.functional.gelu(h @ weights["A"], approximate="tanh")
    explanations.append(cr.explain(((h + wide @ weights["B"]) ** 2).mean(), wrt=theirs, show=False))

    block = attention(jax.numpy.matmul, jax.nn.softmax, jax.numpy.transpose)

    def in_jax(x, params):
        h = block(x, params)
        return ((h + jax.nn.gelu(h @ params["A"]) @ params["B"]) ** 2).mean()

    arrays = {n: jax.numpy.asarray(w) for n, w in params.items()}
    explanations.append(explained(in_jax, (jax.numpy.asarray(x), arrays), "x"))
    other = attention(tf.matmul, tf.nn.softmax, tf.transpose)

    def in_tf(x, params):
        h = other(x, params)
        return tf.reduce_mean((h + gelu(h @ params["A"], tf.tanh) @ params["B"]) ** 2)

    constants = {n: tf.constant(w) for n, w in params.items()}
    explanations.append(explained(in_tf, (tf.constant(x), constants), "x"))
    for one in explanations:
        assert conserved(one) < 1e-12, one.framework
        assert np.allclose(np.asarray(one.gradient), np.asarray(explanations[0].gradient), rtol=1e-10, atol=1e-14)


def test_rules_of_the_users_own_are_kept(jax):
    @jax.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (jax.numpy.clip(g, -0.1, 0.1),))
    explanation = explained(lambda x: (clipped(x) * 5).sum(), (jax.numpy.ones(3),))
    assert np.allclose(explanation.gradient, 0.1)


def test_scan_is_one_link(jax):
    def run(x):
        return jax.lax.scan(lambda c, _: (jax.numpy.tanh(c * 1.5), c), x, None, length=5)[0].sum()

    explanation = explained(run, (jax.numpy.array([0.1, 0.2]),))
    assert [link.op for link in explanation.links()] == ["sum", "scan"]


def test_a_keras_model_by_its_variables(tf):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(4, activation="tanh", name="enc"), keras.layers.Dense(1, name="head")])
    x, y = tf.random.normal((5, 3)), tf.random.normal((5, 1))
    model(x)

    def loss(x, y):
        return tf.reduce_mean((model(x) - y) ** 2)

    explanation = explained(loss, (x, y), "params")
    assert len(explanation.sources) == 4
    with tf.GradientTape() as tape:
        value = loss(x, y)
    for variable, g in zip(model.trainable_variables, tape.gradient(value, model.trainable_variables)):
        own = next(v for name, v in explanation.gradient.items() if name == variable.path)
        assert np.allclose(own, g, rtol=1e-5)


def test_a_plain_function():
    explanation = explained(lambda params, x: np.tanh(x @ params["W"]).sum(), ({"W": np.ones((3, 2))}, X), "params.W")
    assert explanation.framework == "chainrule" and explanation.gradient.shape == (3, 2)


def test_arguments_that_make_no_sense(jax):
    ones = jax.numpy.ones(3)
    with pytest.raises(NotScalarError, match="needs one real number"):
        explained(lambda x: x * 2, (ones,))
    with pytest.raises(ArgumentError, match="names no argument"):
        explained(lambda x: x.sum(), (ones,), "weights")


def test_single_paths_and_differences_between_frameworks(torch, jax, tf):
    one, two, three, four = of_ours(), of_torch(torch), of_jax(jax), of_tf(tf)
    for other in (two, three, four):
        assert [other.path(i).share for i in range(3)] == pytest.approx([one.path(i).share for i in range(3)], rel=1e-9)
        assert cr.diff(one, other, tolerance=1e-9).kind in ("same", "structure")
        assert "G_" in str(other.formula()) and other.steps()[0].phase == "forward"
        assert other._repr_mimebundle_()["text/html"].count("<svg") == 1
