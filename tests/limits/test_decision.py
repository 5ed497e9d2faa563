"""What a limit says to a cost."""

import pytest

from mockllm.limits.decision import Decision, ceil_div


@pytest.mark.parametrize(("wait", "admitted"), [(0, True), (1, False), (None, False)])
def test_only_what_need_not_wait_is_admitted(wait, admitted):
    assert Decision(wait).admitted is admitted


@pytest.mark.parametrize(
    ("amount", "by", "quotient"), [(0, 3, 0), (1, 3, 1), (3, 3, 1), (4, 3, 2), (10**30 + 1, 10**30, 2)]
)
def test_a_quotient_is_rounded_up_exactly(amount, by, quotient):
    assert ceil_div(amount, by) == quotient
