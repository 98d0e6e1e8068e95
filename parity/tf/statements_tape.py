"""What a tape watches, and what it records."""

import threading

import numpy

from parity.tf.table import numbers, says, statement

WATCH = "What a tape watches"
RECORD = "What a tape records"


@statement(WATCH, "trainable Variables are watched when they are read", 6.0)
def variables_are_watched(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    return numbers(tape.gradient(y, x))


@statement(WATCH, "constants are not watched by themselves", [None, 6.0])
def constants_need_watch(tf):
    results = []
    for watch in (False, True):
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            if watch:
                tape.watch(x)
            y = x * x
        results.append(numbers(tape.gradient(y, x)))
    return results


@statement(WATCH, "trainable=False gives None, and is watched on request", [None, 6.0])
def not_trainable(tf):
    results = []
    for watch in (False, True):
        x = tf.Variable(3.0, trainable=False)
        with tf.GradientTape() as tape:
            if watch:
                tape.watch(x)
            y = x * x
        results.append(numbers(tape.gradient(y, x)))
    return results


@statement(WATCH, "a result of a Variable is a tensor, and is not watched itself", [None, True])
def results_are_not_watched(tf):
    x = tf.Variable(3.0) + 1.0
    with tf.GradientTape() as tape:
        y = x * x
    return [numbers(tape.gradient(y, x)), isinstance(x, tf.Tensor)]


@statement(WATCH, "watch_accessed_variables=False watches what is named, and nothing else", [None, 7.0])
def not_accessed(tf):
    a, b = tf.Variable(3.0), tf.Variable(7.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    return numbers(tape.gradient(y, [b, a]))


@statement(WATCH, "watch takes nested lists of tensors and Variables", [2.0, 3.0, 1.0])
def nested_watch(tf):
    a, b, c = tf.constant(3.0), tf.constant(2.0), tf.Variable(1.0, trainable=False)
    with tf.GradientTape() as tape:
        tape.watch([a, [b, c]])
        y = a * b + c
    return numbers(tape.gradient(y, [a, b, c]))


@statement(WATCH, "a number cannot be watched; the message names its type", "Passed in object 1.0 of type 'float'")
def watch_number(tf):
    with tf.GradientTape() as tape:
        return says(ValueError, "Passed in object 1.0 of type 'float'", lambda: tape.watch(1.0))


@statement(WATCH, "nor an array", "of type 'ndarray', not tf.Tensor or tf.Variable")
def watch_array(tf):
    text = "of type 'ndarray', not tf.Tensor or tf.Variable"
    with tf.GradientTape() as tape:
        return says(ValueError, text, lambda: tape.watch(numpy.ones(2)))


@statement(WATCH, "an integer tensor is not watched (a warning is logged)", None)
def watch_integer(tf):
    x = tf.constant(3)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return numbers(tape.gradient(y, x))


@statement(WATCH, "only operations after watch count", 3.0)
def watch_counts_from_there(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        tape.watch(x)
        z = x * tf.stop_gradient(y) / 3.0
    return numbers(tape.gradient([z, y], x))


@statement(WATCH, "watch outside the with block", "'NoneType' object has no attribute '_tape'")
def watch_outside(tf):
    text = "'NoneType' object has no attribute '_tape'"
    return says(AttributeError, text, lambda: tf.GradientTape().watch(tf.constant(1.0)))


@statement(WATCH, "watched_variables lists the Variables", [2, True, True])
def watched_variables(tf):
    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        _ = a * 2.0
        tape.watch(tf.constant(1.0))
        _ = b * 2.0
    watched = tape.watched_variables()
    return [len(watched), watched[0] is a, watched[1] is b and c is not None]


@statement(WATCH, "an intermediate result is a source by itself", [6.0, 6.0])
def intermediate_results(tf):
    x = tf.constant(3.0)
    results = []
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        z = x * x
    results.append(numbers(tape.gradient(z, y)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        same = x * 1.0
        z = same * same
    results.append(numbers(tape.gradient(z, same)))
    return results


# What a tape records


@statement(RECORD, "operations outside the tape are not recorded", [None, None])
def outside_the_tape(tf):
    x = tf.Variable(3.0)
    before = x * x
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    after = y * 2.0
    return [numbers(tape.gradient(before, x)), numbers(tape.gradient(after, x))]


@statement(RECORD, "stop_recording leaves a part out", [None, 6.0])
def stop_recording(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        with tape.stop_recording():
            z = y * y
    return [numbers(tape.gradient(z, x)), numbers(tape.gradient(y, x))]


@statement(RECORD, "stop_recording on an idle tape", "Trying to stop recording a tape which is not recording.")
def stop_idle(tf):
    def stop():
        with tf.GradientTape().stop_recording():
            pass

    return says(Exception, "Trying to stop recording a tape which is not recording.", stop)


@statement(RECORD, "one of two tapes is stopped, the other goes on", [None, 4.0])
def one_is_stopped(tf):
    x = tf.Variable(1.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        y = x * x
        with inner.stop_recording():
            z = y * y
    return [numbers(inner.gradient(z, x)), numbers(outer.gradient(z, x))]


@statement(RECORD, "reset drops what was recorded before", [None, 6.0])
def reset(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        tape.reset()
        z = x * x
    return [numbers(tape.gradient(y, x)), numbers(tape.gradient(z, x))]


@statement(RECORD, "a finished tape that is entered again goes on recording", 12.0)
def entered_again(tf):
    x = tf.Variable(3.0)
    tape = tf.GradientTape()
    with tape:
        y = x * x
    with tape:
        z = y * 2.0
    return numbers(tape.gradient(z, x))


@statement(RECORD, "entering it while it is active", "Tape is still recording")
def entered_twice(tf):
    tape = tf.GradientTape()

    def twice():
        with tape, tape:
            pass

    return says(ValueError, "Tape is still recording", twice)


@statement(RECORD, "two tapes at once both work", [6.0, 27.0])
def two_tapes(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape() as one, tf.GradientTape() as two:
        y, z = x**2, x**3
    return [numbers(one.gradient(y, x)), numbers(two.gradient(z, x))]


@statement(RECORD, "a tape that starts later does not see what was before", [27.0, 9.0])
def a_later_tape(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape() as first:
        y = x * x
        with tf.GradientTape() as later:
            z = y * x
    return [numbers(first.gradient(z, x)), numbers(later.gradient(z, x))]


@statement(RECORD, "a tape inside another watches for itself", [6.0, None])
def a_tape_watches_for_itself(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            y = x * x
    return [numbers(outer.gradient(y, x)), numbers(inner.gradient(y, x))]


@statement(RECORD, "operations on another thread are not recorded", None)
def another_thread(tf):
    x, found = tf.Variable(3.0), []
    with tf.GradientTape() as tape:
        thread = threading.Thread(target=lambda: found.append(x * x))
        thread.start()
        thread.join()
        y = found[0] * 2.0
    return numbers(tape.gradient(y, x))


@statement(RECORD, "each thread has its own tape", [2.0, 4.0, 6.0])
def a_tape_each_thread(tf):
    x, found = tf.Variable(1.0), {}

    def work(factor):
        with tf.GradientTape() as tape:
            y = x * x * factor
        found[factor] = numbers(tape.gradient(y, x))

    threads = [threading.Thread(target=work, args=(factor,)) for factor in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[factor] for factor in (1.0, 2.0, 3.0)]


@statement(RECORD, "control flow: the branch that ran is recorded", [1.0, None])
def control_flow(tf):
    x, v0, v1 = tf.constant(1.0), tf.Variable(2.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        result = v0 if x > 0.0 else v1**2
    return numbers(tape.gradient(result, [v0, v1]))


@statement(RECORD, "an exception in the block leaves the tape closed", 6.0)
def after_an_exception(tf):
    x = tf.Variable(3.0)
    try:
        with tf.GradientTape():
            raise KeyError
    except KeyError:
        pass
    with tf.GradientTape() as tape:
        y = x * x
    return numbers(tape.gradient(y, x))
