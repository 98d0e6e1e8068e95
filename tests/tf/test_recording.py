"""What the table of semantics does not say: sessions, memory, threads, depth, and chainrule's other halves."""

import copy
import gc
import math
import pickle
import threading
import weakref

import numpy as np
import pytest

import chainrule as cr
import chainrule.tf as tf
from chainrule.tf import kinks
from chainrule.tf.recording import LOCAL


def test_nothing_is_recorded_after_the_tape():
    w = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        loss = w * w
        assert loss.requires_grad
    after = loss * 2.0
    assert not loss.requires_grad and after.node.primitive is None
    assert tape.gradient(loss, w).numpy() == 4.0


def test_a_kept_loss_holds_no_growing_graph():
    w, total, nodes = tf.Variable(2.0), 0.0, []
    for _ in range(5):
        with tf.GradientTape() as tape:
            hidden = w * 3.0
            loss = hidden * hidden
        nodes.append(weakref.ref(hidden.node))
        total = total + loss
        w.assign_sub(0.01 * tape.gradient(loss, w))
        del hidden, loss, tape
    gc.collect()
    assert all(node() is None for node in nodes)
    assert total.node.primitive is None


def test_a_later_tape_does_not_record_an_earlier_one_anew():
    w, total = tf.Variable(2.0), tf.constant(0.0)
    for _ in range(3):
        with tf.GradientTape() as tape:
            total = total + w * w
        assert tape.gradient(total, w).numpy() == 4.0


def test_a_step_leaves_nothing_for_the_cyclic_collector():
    gc.collect()
    gc.disable()
    try:
        w = tf.Variable(tf.ones([50, 50]))
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.nn.relu(w @ w))
        values = weakref.ref(loss.node.values[0])
        tape.gradient(loss, w)
        del loss, tape
        assert values() is None
    finally:
        gc.enable()


def test_threads_do_not_disturb_one_another():
    w, wrong = tf.Variable([1.0, 2.0]), []

    def work(factor):
        try:
            for _ in range(100):
                with tf.GradientTape() as tape:
                    y = tf.reduce_sum(w * w * factor)
                assert tape.gradient(y, w).numpy().tolist() == [2 * factor, 4 * factor]
                assert (w * 1.0).node.primitive is None
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(float(i),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not LOCAL.recorders and LOCAL.session is None


def test_tapes_left_in_another_order():
    w = tf.Variable(3.0)
    one, two = tf.GradientTape(), tf.GradientTape()
    one.__enter__()
    a = w * w
    two.__enter__()
    b = a * w
    one.__exit__(None, None, None)
    c = b * 2.0
    two.__exit__(None, None, None)
    assert one.gradient(a, w).numpy() == 6.0
    assert two.gradient(c, w).numpy() == 18.0
    assert not LOCAL.recorders and not (c * 1.0).requires_grad


def test_a_value_of_a_finished_tape_is_watched_by_another():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as first:
        first.watch(x)
        y = x * x
    with tf.GradientTape() as second:
        second.watch(y)
        z = y * y
    assert second.gradient(z, y).numpy() == 18.0
    assert first.gradient(y, x).numpy() == 6.0
    with tf.GradientTape() as third:
        third.watch([x, y])
        z = x * y
    assert [g.numpy() for g in third.gradient(z, [x, y])] == [9.0, 3.0]
    assert first.gradient(y, x).numpy() == 6.0


def test_a_deep_graph():
    w = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = w * 1.0
        for _ in range(20_000):
            y = y + 1.0
    assert tape.gradient(y, w).numpy() == 1.0


def test_numpy_inside_a_tape_is_remembered():
    w = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = w * 2.0
        y.numpy()
        float(y[0])
        np.asarray(y)
    assert {what for *_, what in tape.cut_nodes} == {"numpy()", "float()", "making an ndarray"}
    w.numpy()  # outside: nothing to remember


def test_chainrules_transforms_take_functions_of_tensors():
    def loss(w):
        return tf.reduce_sum(tf.nn.softplus(w) * 2.0)

    w = np.array([0.3, -1.0])
    assert np.allclose(cr.grad(loss)(w), 2 / (1 + np.exp(-w)))
    cr.check_grads(loss, (w,))
    assert cr.hessian(loss)(w).shape == (2, 2)


def test_a_tape_inside_a_differentiated_function():
    def slope(x):
        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        return tape.gradient(y, x)

    assert cr.grad(slope)(2.0) == 12.0


def test_values_of_both_meet():
    mine, plain = tf.Variable(3.0), cr.tensor(2.0, requires_grad=True)
    with tf.GradientTape() as tape:
        y = mine * plain
    assert type(y) is tf.Tensor and y.dtype == tf.float32
    assert tape.gradient(y, mine).numpy() == 2.0
    y = tf.constant(3.0) * plain
    y.backward()  # recorded without a tape, since chainrule tracks `plain` itself
    assert plain.grad.item() == 3.0


def test_values_of_pytorch_meet_ours():
    import chainrule.torch as torch

    w = torch.tensor([1.0, 2.0], requires_grad=True)
    y = tf.reduce_sum(tf.exp(w) * tf.constant([1.0, 2.0]))
    y.backward()
    assert np.allclose(w.grad.numpy(), np.exp([1.0, 2.0]) * [1.0, 2.0])


def test_numpy_functions_are_recorded():
    w = tf.Variable([0.5, 1.0])
    with tf.GradientTape() as tape:
        y = np.sum(np.sin(w) * np.array([1.0, 2.0]))
    assert type(y) is tf.Tensor
    assert np.allclose(tape.gradient(y, w), np.cos([0.5, 1.0]) * [1.0, 2.0])


def test_it_can_be_explained():
    w = tf.Variable(0.5, name="w")
    with tf.GradientTape():
        loss = (tf.sigmoid(w * 2.0) - 1.0) ** 2
    explanation = cr.explain(loss, wrt=w)
    assert explanation.gradient == pytest.approx(-0.21150835)
    assert "sigmoid" in str(explanation)


def test_no_warnings_for_infinities():
    assert tf.exp(1000.0).numpy() == math.inf
    assert (tf.constant([1.0]) / 0.0).numpy()[0] == math.inf
    assert np.isnan(tf.sqrt(-1.0).numpy())
    assert (tf.constant(1e38) * 1e38).numpy() == math.inf


def test_pickling_and_copying():
    w = tf.Variable([1.0, 2.0], name="w", trainable=False)
    for again in (pickle.loads(pickle.dumps(w)), copy.deepcopy(w)):
        assert isinstance(again, tf.Variable) and again.name == "w:0" and not again.trainable
        assert again.numpy().tolist() == [1.0, 2.0]
        again.assign([0.0, 0.0])
    assert w.numpy().tolist() == [1.0, 2.0]
    t = pickle.loads(pickle.dumps(tf.constant(1.5)))
    assert type(t) is tf.Tensor and t.numpy() == 1.5
    assert pickle.loads(pickle.dumps(tf.float64)) is tf.float64


def test_a_variable_holds_a_copy():
    array = np.ones(2, "f4")
    w, t = tf.Variable(array), tf.constant(array)
    array[0] = 5.0
    assert w.numpy().tolist() == t.numpy().tolist() == [1.0, 1.0]
    w.assign(array)
    array[0] = 7.0
    assert w.numpy().tolist() == [5.0, 1.0]


@pytest.mark.parametrize(
    "function",
    [
        kinks.relu.apply,
        lambda x: kinks.maximum.apply(x, 0.1),
        lambda x: kinks.minimum.apply(0.1, x),
        lambda x: kinks.clip_by_value(x, -0.5, 0.5),
        lambda x: kinks.multiply_no_nan.apply(x, x + 3.0),
    ],
)
def test_rooms_of_the_front(function):
    cr.check_grads(function, (np.array([-1.7, -0.2, 0.3, 1.4]),))


def test_dtypes_are_numpys_too():
    assert np.dtype(tf.float32) == np.float32 and tf.float64 == np.dtype("f8") and tf.float32 == np.float32
    assert tf.float32 != tf.float64 and tf.float32 != "int32" and tf.as_dtype("half") is tf.float16
    assert tf.float32.max > 1e38 and tf.int32.min == -(2**31) and tf.bool.is_bool and tf.complex64.is_complex


def test_shapes():
    shape = tf.zeros([2, 3]).shape
    assert shape == [2, 3] and shape == (2, 3) and shape != [3, 2] and str(shape) == "(2, 3)"
    assert shape[1:] == [3] and (4, *shape) == (4, 2, 3) and shape + [4] == [2, 3, 4]
    assert shape.rank == 2 and shape.num_elements() == 6 and shape.as_list() == [2, 3]


def test_random_numbers_repeat():
    tf.random.set_seed(3)
    first = tf.random.uniform([4])
    tf.random.set_seed(3)
    assert bool(tf.reduce_all(tf.random.uniform([4]) == first))
    assert sorted(tf.random.shuffle(tf.range(5)).numpy().tolist()) == list(range(5))
    assert tf.random.uniform([9], 2, 5, tf.int32).dtype == tf.int32
    assert float(tf.reduce_max(tf.abs(tf.random.truncated_normal([500])))) <= 2.0
    draws = tf.random.categorical(tf.math.log([[0.9, 0.1]]), 200).numpy()
    assert draws.shape == (1, 200) and 0 < draws.mean() < 0.4
    kept = tf.nn.dropout(tf.ones([1000]), 0.25, seed=1).numpy()
    assert set(np.unique(kept.round(4))) == {np.float32(0.0), np.float32(1.3333)}


def test_mixed_examples_can_be_summed_on_request():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.reduce_sum(x)
    summed = tape.batch_jacobian(y, x, sum_over_batch=True).numpy()
    assert summed.tolist() == [[[14.0, 4.0], [6.0, 16.0]]] * 2
