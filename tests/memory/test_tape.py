"""What autograd keeps, on operations small enough to count by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.memory.tape import Tape, Tensor


def test_a_product_keeps_both_factors_and_a_cast_nothing() -> None:
    tape = Tape()
    left, right = Tensor(100, 4, True), Tensor(100, 4, True)
    product = tape.multiply(left, right)
    assert tape.kept() == 800
    assert tape.cast(product, 2).size == 200
    assert tape.kept() == 800


def test_a_factor_is_kept_only_for_the_other_ones_gradient() -> None:
    tape = Tape()
    learned, constant = Tensor(100, 4, True), Tensor(100, 2, False)
    tape.multiply(learned, constant)
    assert tape.kept() == 200


def test_without_gradients_nothing_is_kept() -> None:
    tape = Tape()
    x = Tensor(50, 2, False)
    tape.multiply(tape.apply([x], 50, 2, saved=[x]), x)
    assert tape.kept() == 0


def test_a_view_keeps_its_whole_storage_once() -> None:
    tape = Tape()
    fused = Tensor(300, 2, True)
    query, key, value = tape.split(fused, 100, 100, 100)
    tape.apply([query, key, value], 100, 2, saved=[query, key, value])
    assert tape.kept() == 600


def test_walking_back_through_a_linear_layer() -> None:
    """x of 100 elements to y of 200, both 2 bytes, a weight gradient of 1000 bytes. Alive at the start: x kept (200) and y's gradient
    (400). With x's gradient (200) and the weight's (1000): 1800. In the end x's gradient and the weight's are left: 1200."""
    tape = Tape()
    x = Tensor(100, 2, True)
    y = tape.apply([x], 200, 2, saved=[x], weight_gradient=1000)
    assert tape.backward(y) == (1800, 1200)
    assert tape.backward(y, accumulates=True) == (1800, 200)


def test_a_residual_shares_its_gradient_until_a_branch_needs_its_own() -> None:
    """y = x + f(x), f keeps x. y's gradient (200) serves x and f's output alike; f adds x's own (200): with x kept (200), 600."""
    tape = Tape()
    x = Tensor(100, 2, True)
    y = tape.add(x, tape.apply([x], 100, 2, saved=[x]))
    assert tape.backward(y) == (600, 200)


def test_forward_peak_counts_what_a_function_holds() -> None:
    """Of three tensors of 100 bytes in a chain two are alive at once; with the first held to the end, three."""
    chain = Tape()
    x = Tensor(100, 1, False)
    chain.scale(chain.scale(x))
    assert chain.forward(x, recorded=False) == 200
    chain = Tape()
    chain.scale(chain.scale(x))
    chain.hold(x)
    assert chain.forward(x, recorded=False) == 300


@given(st.lists(st.tuples(st.integers(1, 1000), st.booleans(), st.integers(0, 500)), min_size=1, max_size=12))
def test_a_chain_is_walked_back_to_its_weight_gradients_and_its_input(steps: list[tuple[int, bool, int]]) -> None:
    tape = Tape()
    x = first = Tensor(10, 2, True)
    for elements, keeps, weight in steps:
        x = tape.apply([x], elements, 2, saved=[x] if keeps else [], weight_gradient=weight)
    walked = tape.backward(x)
    assert walked.rest == first.size + sum(weight for *_, weight in steps)
    assert walked.peak >= max(walked.rest, tape.kept() + x.size)
