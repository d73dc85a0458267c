"""A workflow command is one line, whatever stands in it."""

from mlp.runner.annotation import annotation


def test_it_names_the_place_the_title_and_the_message():
    said = annotation("error", "gelu is wrong", "look", ("a.py", 3))
    assert said == "::error file=a.py,line=3,title=gelu is wrong::look"


def test_without_a_place_it_is_about_the_job():
    assert annotation("warning", "gelu", "look", None) == "::warning title=gelu::look"


def test_what_would_end_it_is_escaped():
    said = annotation("error", "a,b:c", "100 %\r\n::error::no, no", ("a:b,c.py", 3))
    assert said == (
        "::error file=a%3Ab%2Cc.py,line=3,title=a%2Cb%3Ac::100 %25%0D%0A::error::no, no"
    )
