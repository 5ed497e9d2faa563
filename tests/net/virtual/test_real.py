import pytest

from mockllm.net.virtual.real import RealSeconds, RealTimeClock


@pytest.mark.parametrize(
    ("measured", "equal"), [(59.99, False), (59.996, True), (60.0, True), (67.9, True), (68.1, False)]
)
def test_a_measured_time_equals_what_was_expected_if_it_is_hardly_early_and_not_much_late(measured, equal):
    # 60 s: 5 ms early at most, and 2 s and a tenth late at most.
    assert (RealSeconds(measured) == 60.0) is equal
    assert (RealSeconds(measured) != 60.0) is not equal


def test_a_measured_time_is_a_number_otherwise():
    assert RealSeconds(1.5) < 2
    assert RealSeconds(1.5) != "1.5"
    assert hash(RealSeconds(1.5)) == hash(1.5)


def test_the_clock_goes_up_from_zero_also_while_it_is_held():
    clock = RealTimeClock()
    with clock.hold():
        first = clock.now
        second = clock.now_us
    assert 0 <= float(first) * 1_000_000 <= second + 1
