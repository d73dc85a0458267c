"""An answer says its verdict, what it holds for and at which point it fails, on one screen."""

import json
from dataclasses import replace
from fractions import Fraction

import mlp
from mlp.ops import affine, cross_entropy, leaky_relu, relu, softmax_cross_entropy


def test_a_proof_says_for_what_it_holds():
    said = str(mlp.prove(affine.forward, affine.backward, d=2))
    assert said.splitlines()[:2] == [
        "PROVED: affine.backward as the gradient of affine.forward",
        "  for all real numbers in X (2, 2), W (2, 2), b (2,)",
    ]
    assert "  10 entries, 1 region; " in said


def test_regions_labels_domain_and_constants_are_said():
    said = str(mlp.prove(leaky_relu.forward, leaky_relu.backward))
    assert "4 entries, 16 regions; " in said
    assert "by the signs of Z[0,0], Z[0,1], Z[1,0], Z[1,1]" in said
    assert "reading 0.01 as 1/100" in said
    said = str(mlp.prove(cross_entropy.forward, cross_entropy.backward))
    assert "\n  where P[0,0] > 0, " in said
    assert "5 choices of labels" in said


def test_a_refusal_shows_entry_values_and_point():
    proof = mlp.prove(relu.forward, lambda dA, Z: dA * Z)
    said = str(proof)
    assert said.startswith("REFUSED: lambda as the gradient of relu.forward\nZ[0, 0]  by hand ")
    assert "\n  at Z[0,0] = " in said
    assert "\n  tried on Z (2, 2); " in said
    assert not proof


def test_values_that_differ_late_are_shown_to_where_they_differ():
    proof = mlp.prove(lambda x: x, lambda dy, x: dy * (1 + 1e-14), shapes="()->()")
    assert "x  by hand 0.33333333333333665, true 0.33333333333333331\n" in str(proof)


def test_a_value_beyond_all_floats_is_still_json():
    proof = mlp.prove(lambda x: 1e200 * (1e200 * x), lambda dy, x: dy, shapes="()->()")
    plain = json.loads(json.dumps(proof.to_dict(), allow_nan=False))
    assert plain["counterexample"]["true"] == "inf"


def test_a_long_answer_is_cut_to_a_screen_and_kept_whole_as_data():
    proof = mlp.prove(softmax_cross_entropy.forward, softmax_cross_entropy.backward)
    assert len(str(proof).splitlines()) < 25
    assert max(map(len, str(proof).splitlines())) < 800
    plain = json.loads(json.dumps(proof.to_dict()))
    assert plain["verdict"] == "proved"
    assert plain["branches"] == list(proof.branches)
    assert plain["counterexample"] is None


def test_a_counterexample_is_plain_data_with_exact_fractions():
    proof = mlp.prove(relu.forward, lambda dA, Z: 2 * dA * Z)
    plain = json.loads(json.dumps(proof.to_dict()))["counterexample"]
    assert plain["argument"] == "Z"
    assert plain["index"] == [0, 0]
    assert {"Z[0,0]", "dO[0,0]"} <= {*plain["point"]}
    assert all(Fraction(value) for value in plain["point"].values())


def test_a_notebook_shows_the_answer():
    proof = mlp.prove(lambda x: x < x + 1, lambda d, x: 0 * d, shapes="(2)->(2)")
    shown = proof._repr_html_()  # what notebooks call
    assert proof.verdict.upper() in shown
    assert "<pre>" in shown
    refused = mlp.prove(abs, lambda dy, x: dy, shapes="(2)->(2)")._repr_html_()
    assert "REFUSED</b>" in refused
    assert "by hand" in refused


def test_no_sizes_are_said_where_nothing_was_tried():
    proof = mlp.prove(relu.forward, lambda dA, Z: dA * Z)
    assert replace(proof, shapes={}).extent() == [f"{proof.seconds:.2g} s"]
