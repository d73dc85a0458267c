"""A stranger's code may do anything; the answer is a value or one line."""

import contextlib
import signal
import sys
import threading
import time

import pytest

from mlp.runner.guard import TargetError, TimeUp, can_stop, deadline, guarded


def raises(error):
    raise error


def test_a_value_comes_back():
    assert guarded(lambda: 7, 5) == 7


def test_an_exception_becomes_one_line_that_names_the_place():
    with pytest.raises(TargetError, match=r"^LookupError: two lines \(test_guard\.py:\d+\)$"):
        guarded(lambda: raises(LookupError("two\nlines")), 5)


def test_an_exception_without_text_is_named_all_the_same():
    with pytest.raises(TargetError, match=r"^GeneratorExit \(test_guard\.py:\d+\)$"):
        guarded(lambda: raises(GeneratorExit()), 5)


def test_sys_exit_does_not_end_the_program():
    with pytest.raises(TargetError, match=r"^called sys\.exit\(4\) \(test_guard\.py:\d+\)$"):
        guarded(lambda: sys.exit(4), 5)


def test_a_syntax_error_names_its_own_line():
    with pytest.raises(TargetError, match=r"^SyntaxError: .*\(mine\.py, line 1\)$"):
        guarded(lambda: compile("def f(:", "mine.py", "exec"), 5)


def test_control_c_passes():
    with pytest.raises(KeyboardInterrupt):
        guarded(lambda: raises(KeyboardInterrupt()), 5)


def test_where_control_c_is_ignored_the_code_itself_has_raised_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(TargetError, match=r"^KeyboardInterrupt \(test_guard\.py:\d+\)$"):
            guarded(lambda: raises(KeyboardInterrupt()), 5)
    finally:
        signal.signal(signal.SIGINT, before)


def test_prints_do_not_reach_stdout(capsys):
    guarded(lambda: sys.stdout.write("noise\n"), 5)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "noise\n")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer on this system")
class TestTimeLimit:
    def forever(self):
        while True:
            pass

    def stubborn(self):
        for _ in range(2):  # swallows the first bell
            with contextlib.suppress(BaseException):
                self.forever()

    def test_an_endless_loop_ends_in_one_line(self):
        with pytest.raises(
            TargetError, match=r"^took longer than the timeout of 0\.05 s; allow more"
        ):
            guarded(self.forever, 0.05)

    def test_code_that_swallows_every_exception_is_rung_again(self):
        start = time.monotonic()
        guarded(self.stubborn, 0.05)
        assert time.monotonic() - start < 5

    def test_code_that_sets_the_timer_is_neither_ended_too_soon_nor_let_off(self):
        def hurried():
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            time.sleep(0.03)
            return "done"

        def relaxed():
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            self.forever()

        assert guarded(hurried, 5) == "done"
        with pytest.raises(TargetError, match="timeout"):
            guarded(relaxed, 0.05)

    def test_nothing_rings_afterwards_and_the_handler_before_is_back(self):
        before = signal.getsignal(signal.SIGALRM)
        with pytest.raises(TimeUp), deadline(0.01):
            self.forever()
        assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)

    def test_a_limit_of_others_rings_at_its_time_and_goes_on_afterwards(self):
        def fail(*_):
            raise LookupError("their limit")

        kept = signal.signal(signal.SIGALRM, fail)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(LookupError, match="their limit"), deadline(5):
                self.forever()
            signal.setitimer(signal.ITIMER_REAL, 60)
            with deadline(5):
                time.sleep(0.02)
            left, _ = signal.getitimer(signal.ITIMER_REAL)
            assert 0 < left < 59.99
            assert signal.getsignal(signal.SIGALRM) is fail
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, kept)

    def test_outside_the_main_thread_there_is_no_limit_and_no_error(self):
        seen = []
        thread = threading.Thread(target=lambda: seen.extend([can_stop(), guarded(int, 1)]))
        thread.start()
        thread.join()
        assert seen == [False, 0]
        assert can_stop()
