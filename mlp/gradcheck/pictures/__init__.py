"""The pictures of a check: they take arguments and findings, and know no report.

panels       what they show, as numbers and words
svg, html    drawn as SVG, in one self-contained page
figure       drawn by Matplotlib
"""
