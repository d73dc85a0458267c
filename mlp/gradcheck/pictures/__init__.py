"""The pictures of a check: they take arguments and findings, and know no report.

measured     what is measured for them: the steps of a probe, entries one by one
curves       the curves as numbers
svg, html    drawn as SVG, in one self-contained page
figure       drawn by Matplotlib
"""
